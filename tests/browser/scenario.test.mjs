// The scenario in a real browser: choosing changes the answer, which is that of the API; what cannot be is said; without scripts the
// form asks as well.
//
// HASHWATCH_URL is the address of a running hashwatch with some thousand simulated blocks.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'

import { api, visit } from './site.mjs'

const told = (query) => api(`/api/v1/scenario${query}`)
const answer = (page) => page.locator('h1').innerText()

test('choosing an announcement changes the answer, and it is that of the API', async () => {
  await visit('/scenario', {}, async (page) => {
    const all = await answer(page)
    assert.equal(all, (await told('')).answer)
    await page.getByText('Announcements, one by one').click()
    await page.getByLabel(/stop mining altogether/).uncheck()
    await page.locator('input[value="cipher-exit-2026-02"]').check()
    await page.waitForURL(/leave=cipher-exit-2026-02/)
    const one = await answer(page)
    assert.notEqual(one, all)
    assert.equal(one, (await told(new URL(page.url()).search)).answer)
    const rows = await page.locator('table.leavers tbody th').allInnerTexts()
    assert.deepEqual(rows, ['Cipher Digital'])
    const said = await told(new URL(page.url()).search)
    const cells = await page.locator('table.leavers tbody td').allInnerTexts()
    assert.ok(cells[0].startsWith(String(said.leaving[0].exahashes_per_second.central)), cells[0])
    const chart = await page.locator('figure[data-key=scenario-difficulty]').getAttribute('data-json')
    const data = await api(chart)
    assert.equal(data.points.at(-1).value, said.central.difficulty)
  })
})

test('what cannot be is said beside the form, and the answer stays', async () => {
  await visit('/scenario', {}, async (page, { problems }) => {
    const before = await answer(page)
    await page.getByText('Machines, prices and the attack').click()
    await page.getByLabel('Network, EH/s').fill('1')
    await page.waitForFunction(() => document.querySelector('[data-problem]').textContent !== '')
    assert.match(await page.locator('[data-problem]').innerText(), /network_exahashes_per_second.*would leave/)
    assert.equal(await answer(page), before)
    // the browser tells of the refusal as well
    assert.match(problems.console.splice(0).join(), /400/)
  })
})

test('without scripts the form asks, and the page keeps what was asked', async () => {
  await visit('/scenario', { javaScriptEnabled: false }, async (page) => {
    await page.getByLabel('Share of what the others disclose').fill('0.5')
    await page.getByLabel(/stop mining altogether/).uncheck()
    await page.getByRole('button', { name: 'Play it' }).click()
    assert.match(await answer(page), /^If 50\.0 % of what all listed miners disclose leaves by /)
    assert.equal(await page.getByLabel('Share of what the others disclose').inputValue(), '0.5')
    assert.equal(await answer(page), (await told(new URL(page.url()).search.replace(/[a-z_]+=(&|$)/g, ''))).answer)
  })
})
