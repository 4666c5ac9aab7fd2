// Concentration, hashrate and what others published, in a real browser: useful without scripts, and every
// number on a page is that of the API it links to.
//
// HASHWATCH_URL is the address of a running hashwatch with some thousand simulated blocks.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'

import { api, visit } from './site.mjs'

const thousands = (number) => Math.round(number).toLocaleString('en-US')
const percent = (part) => (part * 100).toFixed(1)

/** A value as pages write it, by its unit in the API. */
const written = ({ unit }, index, value) => {
  if (unit === 'points' || (unit === 'entities' && index !== 'effective_number')) return thousands(value)
  if (unit === 'share') return `${percent(value)} %`
  return index === 'effective_number' ? value.toFixed(1) : value.toFixed(2)
}

/** What the first link of that name on the page answers. */
async function answered(page, name) {
  const href = await page.getByRole('link', { name, exact: true }).last().getAttribute('href')
  return api(href)
}

test('every index on the page of concentration is that of the API', async () => {
  await visit('/concentration?window=1008', { javaScriptEnabled: false }, async (page) => {
    const json = await answered(page, 'JSON')
    const rows = page.locator('table.indices tbody tr')
    assert.equal(await rows.count(), Object.keys(json.indices).length)
    for (const row of await rows.all()) {
      const word = (await row.locator('th a').getAttribute('href')).split('#')[1]
      const found = json.indices[word]
      const cell = row.locator('td').first()
      assert.equal(await cell.locator('.value').innerText(), written(found, word, found.value), word)
      const interval = `${written(found, word, found.low)} – ${written(found, word, found.high)}`
      assert.equal(await cell.locator('.interval').innerText(), interval, word)
    }
    const hhi = json.indices.hhi
    const words = `${written(hhi, 'hhi', hhi.value)} (${written(hhi, 'hhi', hhi.low)} to ${written(hhi, 'hhi', hhi.high)})`
    const heading = await page.locator('h1').innerText()
    assert.ok(heading.includes(words) && heading.includes(`block ${thousands(json.as_of.height)}`), `${heading}: ${words}`)
    const shares = page.locator('table.shares tbody tr')
    for (const [place, one] of json.distribution.entries()) {
      const cells = await shares.nth(place).locator('th, td').allInnerTexts()
      const interval = `${percent(one.low)} – ${percent(one.high)} %`
      assert.deepEqual(cells.slice(1, 5), [one.name, thousands(one.blocks), `${percent(one.share)} %`, interval])
    }
  })
})

test('the page of the hashrate says what the API says', async () => {
  await visit('/hashrate', { javaScriptEnabled: false }, async (page) => {
    const difficulty = await answered(page, 'Difficulty (JSON)')
    const changes = page.locator('table caption:has-text("new target") ~ tbody tr')
    assert.equal(await changes.count(), Math.min(60, difficulty.adjustments.length))
    const newest = difficulty.adjustments[difficulty.adjustments.length - 1]
    assert.equal(await changes.first().locator('td').first().innerText(), thousands(newest.height))
    const facts = await page.locator('section.facts dl div').allInnerTexts()
    const next = facts.find((fact) => fact.startsWith('Next change'))
    assert.ok(next.includes(`${((difficulty.next.change - 1) * 100).toFixed(1).replace('-', '−')} %`), next)
    const revenue = await answered(page, 'Revenue (JSON)')
    const paid = facts.find((fact) => fact.startsWith('Paid to miners'))
    assert.ok(paid.includes(`${thousands(Math.floor(revenue.reward_sats / 1e8))}.`), paid)
    const hashrate = await api('/api/v1/hashrate?window=1w')
    const value = (hashrate.estimate.hashes_per_second / 1e18).toPrecision(3)
    const shown = thousands(Number(value)) === value ? value : thousands(Number(value))
    assert.ok((await page.locator('h1').innerText()).includes(`${shown}\u00a0EH/s`), `${shown}: ${await page.locator('h1').innerText()}`)
  })
})

test('an index is chosen by a link, and every state has an address', async () => {
  await visit('/concentration', { javaScriptEnabled: false }, async (page) => {
    await page.getByRole('link', { name: 'Nakamoto', exact: true }).click()
    await page.getByRole('link', { name: 'log', exact: true }).click()
    await page.getByRole('link', { name: 'by owner', exact: true }).click()
    const address = new URL(page.url())
    assert.deepEqual(['metric', 'by', 'scale'].map((name) => address.searchParams.get(name)), ['nakamoto', 'owner', 'log'])
    assert.equal(await page.locator('.trio figure').count(), 3)
    for (const image of await page.locator('figure.chart img').all()) {
      assert.ok((await image.evaluate(async (it) => (await it.decode(), it.naturalWidth))) > 0)
    }
    await page.getByRole('link', { name: 'Permalink to this state' }).click()
    assert.ok(page.url().includes('as_of=') && page.url().includes('metric=nakamoto'))
  })
})

test('what others published is there, called so, and leads to its source', async () => {
  await visit('/concentration', {}, async (page) => {
    const section = page.locator('section:has(#published-title)')
    assert.match(await section.innerText(), /Nothing here has verified them/)
    assert.match(await section.getByRole('link', { name: 'Source' }).getAttribute('href'), /^https:\/\//)
    const json = await api(await section.getByRole('link', { name: 'All months (JSON)' }).getAttribute('href'))
    assert.deepEqual([json.data, json.months.length, json.months[0].partial], ['published', 64, true])
    // a simulated chain is held against nothing of Bitcoin's
    assert.ok(json.months.every((month) => month.verified === null))
    // a picture comes to life once it is in sight
    await section.locator('figure').scrollIntoViewIfNeeded()
    await section.locator('.plot.live').waitFor()
  })
})
