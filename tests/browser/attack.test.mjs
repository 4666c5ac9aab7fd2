// The calculator of /attack in a real browser: a slider answers at once, the number is that of the API, the address becomes that of the
// answer, and a refusal is said beside the form. Without scripts it is a form like any other.
//
// HASHWATCH_URL is the address of a running hashwatch with some thousand simulated blocks.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'

import { api, origin, visit } from './site.mjs'

const gross = 'table.costs tr.strong >> nth=0 >> data'

/** What the API says to the same question. */
async function cost(page) {
  return (await api(`/api/v1/attack-cost${new URL(page.url()).search}`)).owned.gross_usd.central
}

test('a slider answers at once, and the number is that of the API', async () => {
  await visit('/attack', {}, async (page) => {
    const before = Number(await page.locator(gross).getAttribute('value'))
    assert.equal(before, await cost(page))
    const answer = await page.locator('h1').innerText()
    await page.locator('input[type=range][data-value=new_usd_per_terahash_per_second]').fill('30')
    assert.equal(await page.locator('#p-new_usd_per_terahash_per_second').inputValue(), '30', 'the field follows')
    await page.waitForURL(/new_usd_per_terahash_per_second=30/)
    const now = Number(await page.locator(gross).getAttribute('value'))
    assert.ok(now > before, `${now} after ${before}`)
    assert.equal(now, await cost(page))
    assert.notEqual(await page.locator('h1').innerText(), answer)
    assert.match(await page.locator('#f-new_usd_per_terahash_per_second').innerText(), /^given/)
    // what it was asked for is what stands there on the next visit
    await page.reload()
    assert.equal(Number(await page.locator(gross).getAttribute('value')), now)
  })
})

test('what cannot be is refused beside the form, and the figures stay', async () => {
  await visit('/attack', {}, async (page, { problems }) => {
    const before = await page.locator(gross).getAttribute('value')
    await page.locator('#p-usd_per_kwh').fill('a lot')
    await page.locator('[data-problem]', { hasText: 'usd_per_kwh' }).waitFor()
    assert.equal(await page.locator(gross).getAttribute('value'), before)
    // the browser tells of the refusal as well
    assert.match(problems.console.splice(0).join(), /400/)
  })
})

test('without scripts it is a form, and kinds are links that keep what was given', async () => {
  await visit('/attack', { javaScriptEnabled: false }, async (page) => {
    await page.locator('#p-usd_per_kwh').fill('0.04..0.06')
    await page.getByRole('button', { name: 'Calculate' }).click()
    assert.match(page.url(), /usd_per_kwh=0\.04/)
    assert.equal(Number(await page.locator(gross).getAttribute('value')), await cost(page).catch(() => sent(page)))
    await page.getByRole('link', { name: 'Capture a share inside' }).click()
    assert.match(page.url(), /kind=inside/)
    assert.match(page.url(), /usd_per_kwh=0\.04/)
    assert.match(await page.locator('h1').innerText(), /captured/)
  })
})

/** A form without scripts sends its empty fields, too, which the API refuses: ask without them. */
async function sent(page) {
  const query = new URLSearchParams([...new URL(page.url()).searchParams].filter(([, value]) => value !== ''))
  const answer = await fetch(new URL(`/api/v1/attack-cost?${query}`, origin))
  assert.equal(answer.status, 200, query.toString())
  return (await answer.json()).owned.gross_usd.central
}

test('a published estimate stands beside ours, with the values and their sources', async () => {
  await visit('/attack', { javaScriptEnabled: false }, async (page) => {
    assert.match(await page.locator('#harvey-2025').innerText(), /Harvey/)
    const row = page.locator('table.compared').first().locator('tbody tr').first()
    assert.match(await row.innerText(), /4\.60 billion USD/)
    await page.locator('section', { has: page.locator('#harvey-2025') }).getByRole('link', { name: 'Calculate it' }).first().click()
    assert.equal(Number(await page.locator(gross).getAttribute('value')), await cost(page))
  })
})
