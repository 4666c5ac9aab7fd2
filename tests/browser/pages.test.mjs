// The pages of pools, blocks, Unknown, listed miners, the registry, the methodology and the API in a real browser: useful without
// scripts, each leads to the others, and nothing is wider than a phone.
//
// HASHWATCH_URL is the address of a running hashwatch with some thousand simulated blocks.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'

import { assertAccessible, phone } from './browser.mjs'
import { api, origin, visit } from './site.mjs'

test('every page leads to the others, and says which it is', async () => {
  await visit('/', { javaScriptEnabled: false }, async (page) => {
    for (const name of ['Pools', 'Blocks', 'Unknown', 'Listed miners', 'Registry', 'Who mines']) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
      assert.equal(await page.locator('nav[aria-label=Pages] [aria-current=page]').innerText(), name)
      assert.ok((await page.locator('h1').innerText()).length > 20)
    }
  })
})

test('from the list of pools to a pool, its picture and its blocks, without scripts', async () => {
  await visit('/pools?window=all', { javaScriptEnabled: false }, async (page) => {
    const row = page.locator('table.pools tbody tr').first()
    const name = await row.locator('th a').innerText()
    await row.locator('th a').click()
    assert.match(await page.locator('h1').innerText(), new RegExp(`^${name} mined [\\d.]+\\s%`))
    const width = await page.locator('figure.chart img').evaluate(async (image) => (await image.decode(), image.naturalWidth))
    assert.ok(width > 0, 'the picture is there')
    assert.ok((await page.locator('table.claims tbody tr').count()) >= 1)
    await page.getByRole('link', { name: 'All its blocks' }).click()
    const names = await page.locator('table.latest td.miner a').allInnerTexts()
    assert.ok(names.length > 10 && names.every((found) => found === name), names.join())
    await page.getByRole('link', { name: 'Older' }).click()
    assert.ok((await page.locator('table.latest tbody tr').count()) > 10)
  })
})

test('with scripts the picture of a pool answers to the keyboard', async () => {
  await visit('/pools/sim-alder?window=all', {}, async (page) => {
    await page.locator('figure.chart .plot.live').waitFor()
    await page.locator('figure.chart .stage').focus()
    await page.keyboard.press('ArrowLeft')
    await page.locator('figure.chart .readout').waitFor()
    assert.match(await page.locator('figure.chart .readout').innerText(), /blocks [\d,]+ to [\d,]+/)
  })
})

test('blocks are filtered by a form, which leaves out what was left empty', async () => {
  await visit('/blocks', { javaScriptEnabled: false }, async (page) => {
    await page.getByLabel('Mined by').selectOption('unknown')
    await page.getByRole('button', { name: 'Show' }).click()
    assert.match(await page.locator('h1').innerText(), /^Blocks that nobody is known to have mined/)
    const names = await page.locator('table.latest td.miner').allInnerTexts()
    assert.ok(names.length > 0 && names.every((name) => name.startsWith('Unknown')), names.join())
  })
})

test('an entry that would name a cluster can be opened and read', async () => {
  await visit('/unknown?window=all', { javaScriptEnabled: false }, async (page) => {
    const details = page.locator('tr.entry details').first()
    await details.locator('summary').click()
    assert.match(await details.locator('pre').innerText(), /\[\[pool\]\]\nslug = /)
  })
})

test('shares can be counted by group, in the table and in the picture', async () => {
  await visit('/?by=group&window=all', { javaScriptEnabled: false }, async (page) => {
    const names = await page.locator('table.shares tbody th').allInnerTexts()
    assert.ok(names.includes('Simulated Windbreak') && !names.includes('Simulated Alder'), names.join())
    const json = await page.locator('figure[data-chart=shares]').getAttribute('data-json')
    const chart = await api(json)
    assert.ok(chart.items.some((item) => item.kind === 'group'), JSON.stringify(chart.items))
  })
})

test('the methodology says how a figure is computed: a formula that is drawn, and the code', async () => {
  await visit('/?window=all', { javaScriptEnabled: false }, async (page) => {
    await page.getByRole('link', { name: 'Methodology', exact: true }).first().click()
    await page.getByRole('navigation', { name: 'Methodology' }).getByRole('link', { name: 'Concentration' }).click()
    await page.getByRole('navigation', { name: 'On this page' }).getByRole('link', { name: 'hhi', exact: true }).click()
    assert.match(page.url(), /\/methodology\/concentration#hhi$/)
    const [formula, drawn] = await page.locator('#hhi ~ p > .formula math').first().evaluate((math) => [
      math.textContent,
      math instanceof MathMLElement && math.getBoundingClientRect().height > 0,
    ])
    assert.equal(formula, '10000∑pi2')
    assert.ok(drawn, 'the browser draws it')
    const code = await page.getByRole('link', { name: 'indices.rs' }).first().getAttribute('href')
    assert.match(await (await fetch(new URL(code, origin))).text(), /pub fn hhi\(&self\) -> f64/)
  })
})

test('no formula and no text of the methodology is wider than a phone', async () => {
  for (const path of ['', '/concentration', '/hashrate', '/miners', '/published', '/unknown']) {
    await visit(`/methodology${path}`, { viewport: phone }, async (page) => {
      const wide = await page.locator('.formula').evaluateAll((all) =>
        all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => `${one.textContent} in ${one.clientWidth} px`),
      )
      assert.deepEqual(wide, [])
      await assertAccessible(page)
    })
  }
})

test('what the methodology does not have is not there', async () => {
  const hostile = ['README', 'nothing', '..%2f..%2fCargo.toml', '%00', '%ff', 'concentration.md', 'concentration%2f', 'code', 'code/']
  const code = ['Cargo.toml', 'metrics/..%2f..%2fweb%2fsrc%2flib.rs', 'metrics/%2e%2e/Cargo.toml', 'web/lib.rs', 'metrics/shares.rs%00']
  for (const path of [...hostile, ...code.map((one) => `code/${one}`)]) {
    const answer = await fetch(`${origin}/methodology/${path}`, { headers: { accept: 'text/html' } })
    assert.equal(answer.status, 404, path)
    assert.match(await answer.text(), /There is no such page/, path)
  }
  const file = await fetch(`${origin}/methodology/code/metrics/shares.rs`)
  assert.deepEqual([file.status, file.headers.get('content-type')], [200, 'text/plain; charset=utf-8'])
})

test('every request of the page on the API has an answer', async () => {
  await visit('/api', { javaScriptEnabled: false }, async (page) => {
    const requests = await page.locator('.try a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))
    assert.ok(requests.length > 20, requests.join())
    for (const request of requests) {
      const answer = await fetch(new URL(request, origin))
      // a stream has no end
      const streams = answer.headers.get('content-type').startsWith('text/event-stream')
      assert.equal(answer.status, 200, `${request}: ${streams || (await answer.text())}`)
      await answer.body?.cancel().catch(() => {})
    }
    const shares = page.locator('section:has(#get-api-v1-shares)')
    await shares.locator('summary').click()
    const row = shares.locator('table.fields tr', { hasText: 'shares[].share' })
    assert.match(await row.innerText(), /number\s+A part of one/)
  })
})
