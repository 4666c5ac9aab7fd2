// The page of a block in a real browser: nothing for axe to find, nothing that scrolls sideways, useful without scripts.
//
// HASHWATCH_URL is the address of a running hashwatch with some thousand blocks.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'

import { assertAccessible, phone } from './browser.mjs'
import { api, visit } from './site.mjs'

for (const [name, settings] of [
  ['in light', { colorScheme: 'light' }],
  ['in dark', { colorScheme: 'dark' }],
  ['on a phone', { colorScheme: 'light', viewport: phone }],
  ['on a phone in dark', { colorScheme: 'dark', viewport: phone }],
]) {
  test(`axe finds nothing on a block ${name}, and the page does not scroll sideways`, async () => {
    await visit('/blocks/4000', settings, assertAccessible)
  })
}

test('a block says who mined it and why, without scripts, and leads on', async () => {
  await visit('/', { javaScriptEnabled: false }, async (page) => {
    await page.locator('table.latest tbody tr').nth(3).locator('td.number a').click()
    const answer = await page.locator('h1').innerText()
    assert.match(answer, /^(Block [\d,]+ of .* was mined by .*, on (strong|fair|weak) evidence\.|Nobody is known to have mined block)/)
    assert.ok((await page.locator('table.stretches tbody tr').count()) >= 2)
    assert.ok((await page.locator('table.outputs tbody tr').count()) >= 1)
    await page.getByRole('link', { name: 'Block below' }).click()
    assert.notEqual(await page.locator('h1').innerText(), answer)
    const json = await page.getByRole('link', { name: 'JSON', exact: true }).getAttribute('href')
    const block = await api(json)
    assert.ok(block.coinbase.anatomy.script.length >= 2)
  })
})
