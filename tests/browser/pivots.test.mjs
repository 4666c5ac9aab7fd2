// Pivots and economics in a real browser: every number on the pages is that of the API they link to, filters are addresses, sources
// lead away without saying from where, and the pictures of Bitcoin stand on a simulated chain without being called simulated.
//
// HASHWATCH_URL is the address of a running hashwatch with some thousand simulated blocks.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'

import { api, origin, visit } from './site.mjs'

const on = '2026-10-01'

/** What the first link of that name answers. */
async function answered(page, name) {
  const href = await page.locator('.downloads').getByRole('link', { name, exact: true }).getAttribute('href')
  return api(href)
}

/** A number as the pages write it: as many of three decimals as it has. */
const plain = (value) => {
  const [whole, part] = value.toFixed(3).split('.')
  const digits = (part ?? '').replace(/0+$/, '')
  return Number(whole).toLocaleString('en-US') + (digits ? `.${digits}` : '')
}

test('the sentence and the totals are those of the API', async () => {
  await visit(`/pivots?on=${on}`, { javaScriptEnabled: false }, async (page) => {
    const { totals, companies } = await answered(page, 'JSON')
    const heading = await page.locator('h1').innerText()
    const megawatts = totals.critical_it_mw
    assert.ok(heading.startsWith(`${totals.companies} listed miners had made ${totals.announcements} announcements`), heading)
    assert.ok(heading.includes(`${plain(megawatts.value)} MW`), `${heading}: ${megawatts.value}`)
    const cells = await page.locator('section.facts dl div').allInnerTexts()
    const shown = [totals.critical_it_mw, totals.live_critical_it_mw, totals.unsigned_critical_it_mw]
    for (const [place, amount] of shown.entries()) {
      assert.ok(cells[place].includes(`${plain(amount.value)} MW`), cells[place])
      if (amount.low < amount.high) assert.ok(cells[place].includes(`${plain(amount.low)} to ${plain(amount.high)}`), cells[place])
    }
    const rows = page.locator('table.companies tbody tr')
    assert.equal(await rows.count(), companies.length)
    for (const [place, company] of companies.entries()) {
      const text = await rows.nth(place).innerText()
      assert.ok(text.includes(company.name) && text.includes(String(company.announcements)), text)
      if (company.critical_it_mw) assert.ok(text.includes(plain(company.critical_it_mw.value)), text)
    }
  })
})

test('every announcement is in the table, with every figure and its sources', async () => {
  await visit(`/pivots?on=${on}`, { javaScriptEnabled: false }, async (page) => {
    const { pivots } = await answered(page, 'JSON')
    const rows = page.locator('table.pivots tbody tr')
    assert.equal(await rows.count(), pivots.length)
    const found = await rows.evaluateAll((all) =>
      all.map((row) => ({ slug: row.id, figures: row.querySelectorAll('.figured > .line').length, links: [...row.querySelectorAll('.source a')].map((a) => [a.href, a.rel]) })),
    )
    for (const [place, pivot] of pivots.entries()) {
      assert.equal(found[place].slug, pivot.slug)
      assert.equal(found[place].figures, pivot.figures.length, pivot.slug)
      assert.equal(found[place].links.length, pivot.sources.length, pivot.slug)
      assert.ok(found[place].links.every(([href, rel]) => /^https?:/.test(href) && rel === 'noreferrer'), pivot.slug)
    }
  })
})

test('a form chooses announcements, and its state is an address', async () => {
  await visit(`/pivots?on=${on}`, { javaScriptEnabled: false }, async (page) => {
    await page.getByLabel('Company').selectOption('cipher-digital')
    await page.getByLabel('Year').selectOption('2025')
    await page.getByRole('button', { name: 'Show' }).click()
    const address = new URL(page.url())
    assert.deepEqual(['miner', 'year', 'on'].map((name) => address.searchParams.get(name)), ['cipher-digital', '2025', on])
    const { pivots, permalink } = await answered(page, 'JSON')
    assert.ok(pivots.length > 0 && pivots.every((it) => it.miner === 'cipher-digital' && it.on.startsWith('2025')), permalink)
    const ids = await page.locator('table.pivots tbody tr').evaluateAll((all) => all.map((row) => row.id))
    assert.deepEqual(ids, pivots.map((it) => it.slug))
    await page.getByRole('link', { name: 'Permalink to this state' }).click()
    assert.equal(await page.locator('table.pivots tbody tr').count(), pivots.length)
  })
})

test('megawatts over time are drawn as of a day, and are not called simulated', async () => {
  await visit(`/pivots?on=${on}`, {}, async (page) => {
    assert.equal(await page.locator('.trio figure').count(), 3)
    await page.locator('.trio figure .plot.live').first().waitFor()
    await page.locator('.trio .stage').first().focus()
    await page.keyboard.press('ArrowLeft')
    await page.locator('.trio .readout').first().waitFor()
    const json = await page.locator('.trio figure').first().getAttribute('data-json')
    const chart = await api(json)
    assert.deepEqual([chart.data, chart.as_of.height], ['published', null])
    const svg = await (await fetch(new URL(await page.locator('.trio img').first().getAttribute('src'), origin))).text()
    assert.ok(svg.includes(`As of ${on}`) && !svg.includes('SIMULATED'), 'as of the day')
  })
})

test('the feed is linked from the head, and its entries lead to the table', async () => {
  await visit('/pivots', { javaScriptEnabled: false }, async (page) => {
    const href = await page.locator('head link[rel=alternate][type="application/atom+xml"]').getAttribute('href')
    const answer = await fetch(new URL(href, origin))
    assert.match(answer.headers.get('content-type'), /^application\/atom\+xml/)
    const text = await answer.text()
    const entries = await page.evaluate((xml) => {
      const feed = new DOMParser().parseFromString(xml, 'application/xml')
      if (feed.querySelector('parsererror')) return null
      return [...feed.querySelectorAll('entry')].map((entry) => entry.querySelector('link[rel=alternate]').getAttribute('href'))
    }, text)
    assert.ok(entries?.length > 50)
    for (const entry of entries) assert.equal(await page.locator(`[id="${entry.split('#')[1]}"]`).count(), 1, entry)
  })
})

test('every figure of the page of economics is that of the API', async () => {
  await visit(`/economics?on=${on}`, { javaScriptEnabled: false }, async (page) => {
    const json = await answered(page, 'JSON')
    const count = (table) => page.locator(`table.${table} tbody tr`).count()
    assert.equal(await count('mined'), json.mined.length)
    assert.equal(await count('hosted'), json.hosted.length)
    assert.equal(await count('coincosts'), json.costs.length + json.without_cost.length)
    assert.equal(await count('contracts'), json.contracts.filter((it) => it.signed || it.critical_it_mw).length)
    assert.equal(await count('sales'), json.sales.length)
    assert.equal(await count('sites'), json.sites.length)
    const mined = page.locator('table.mined tbody tr')
    for (const [place, row] of json.mined.entries()) {
      const cells = await mined.nth(place).locator('td').allInnerTexts()
      assert.equal(Number(cells[2].replace(',', '')), Number(row.usd_per_kwh.value.toPrecision(3)))
    }
    const costs = page.locator('table.coincosts tbody tr')
    for (const [place, row] of json.costs.entries()) {
      const text = await costs.nth(place).innerText()
      assert.ok(text.includes(plain(row.cost_usd.value)), text)
      assert.equal(text.includes('unknown'), row.btc_usd === null || row.hashprice === null, text)
    }
    const heading = await page.locator('h1').innerText()
    assert.ok(heading.includes(plain(json.hashprice.value)) && heading.includes(`${json.hashprice.age_days} days old`), heading)
  })
})
