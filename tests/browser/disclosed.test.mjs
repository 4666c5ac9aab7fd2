// What listed companies disclosed, in a real browser: from the list to a company and its picture, and every number of its table is one
// that the API tells.
//
// HASHWATCH_URL is the address of a running hashwatch with some thousand simulated blocks.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'

import { api, origin, visit } from './site.mjs'

const answered = async (page) => {
  const href = await page.getByRole('link', { name: 'JSON', exact: true }).last().getAttribute('href')
  return api(href)
}

/** Three significant figures, as pages write them. */
const significant = (value) => {
  const magnitude = Math.floor(Math.log10(value))
  if (magnitude < 2) return value.toFixed(2 - magnitude)
  const unit = 10 ** (magnitude - 2)
  return (Math.round(value / unit) * unit).toLocaleString('en-US')
}
const exahashes = (rate) => `${significant(rate / 1e18)}\u00a0EH/s`
const coins = (btc) => btc.toLocaleString('en-US', { maximumFractionDigits: 2 })

test('from the list to a company, whose table says what the API says, without scripts', async () => {
  await visit('/miners', { javaScriptEnabled: false }, async (page) => {
    assert.match(await page.locator('main').innerText(), /Not simulated:/)
    await page.locator('table.company').getByRole('link', { name: 'IREN', exact: true }).click()
    assert.match(page.url(), /\/miners\/IREN$/)
    assert.match(await page.locator('h1').innerText(), /^IREN last disclosed [\d.]+\s+EH\/s \w+, for [\dQ\u2011]+,/)
    const json = await answered(page)
    const rows = page.locator('table.company tbody tr:not(.gap)')
    const periods = new Set([...json.disclosures, ...json.reports].map((it) => it.period))
    assert.equal(await rows.count(), periods.size)
    for (const row of await rows.all()) {
      const period = await row.locator('th').innerText()
      const said = json.disclosures.filter((it) => it.period === period)
      const reports = json.reports.filter((it) => it.period === period)
      // textContent: what does not break is kept as it is
      const cells = await Promise.all([0, 2, 3].map((i) => row.locator('td').nth(i).locator('.disclosed').evaluateAll((all) => all.map((one) => one.firstChild.textContent.trim()))))
      assert.deepEqual(cells[0], said.map((it) => exahashes(it.hashes_per_second)), period)
      assert.deepEqual(cells[1], reports.filter((it) => it.btc_produced !== null).map((it) => coins(it.btc_produced)), period)
      assert.deepEqual(cells[2], reports.filter((it) => it.btc_held !== null).map((it) => coins(it.btc_held)), period)
      const links = await row.locator('td a').evaluateAll((all) => all.map((link) => [link.rel, link.protocol]))
      assert.ok(links.length > 0 && links.every(([rel]) => rel === 'noreferrer'), period)
    }
  })
})

test('the kind of hashrate is chosen by a link, and the picture answers to the keyboard', async () => {
  await visit('/miners/iren?kind=operating', {}, async (page) => {
    assert.equal(await page.locator('nav.windows [aria-current=true]').innerText(), 'operating')
    await page.locator('figure.chart .plot.live').waitFor()
    await page.locator('figure.chart .stage').focus()
    await page.keyboard.press('Home')
    await page.locator('figure.chart .readout').waitFor()
    const told = await page.locator('figure.chart .readout').innerText()
    assert.ok(!/block/.test(told) && /2023-06-01/.test(told), told)
    await page.getByRole('navigation', { name: 'Kind of hashrate' }).getByRole('link', { name: 'installed' }).click()
    assert.match(page.url(), /\/miners\/IREN\?kind=installed$/)
    assert.match(await page.locator('figure.chart img').first().getAttribute('src'), /kind=installed/)
  })
})

test('a ticker that nobody has leads on', async () => {
  const answer = await fetch(`${origin}/miners/nobody`, { headers: { accept: 'text/html' } })
  assert.equal(answer.status, 404)
  assert.match(await answer.text(), /\/miners and \/api\/v1\/miners list/)
})
