// Alerts in a real browser: every number on the pages is that of the API they link to, filters are addresses, and all of it works
// without scripts. Whatever the chain has raised is looked at; where it has raised nothing the page says so.
//
// HASHWATCH_URL is the address of a running hashwatch with some thousand simulated blocks.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'

import { assertAccessible, phone } from './browser.mjs'
import { api, origin, visit } from './site.mjs'

test('axe finds nothing on /alerts and on an alert, in light and on a phone in dark', async () => {
  const { notices } = await api('/api/v1/alerts')
  const paths = ['/alerts', '/alerts?rule=share', ...notices.slice(0, 1).map((it) => it.page)]
  for (const path of paths) {
    await visit(path, { colorScheme: 'light' }, assertAccessible)
    await visit(path, { colorScheme: 'dark', viewport: phone }, assertAccessible)
  }
})

test('the page tells what the API tells, without scripts', async () => {
  const { raised, notices } = await api('/api/v1/alerts')
  await visit('/alerts', { javaScriptEnabled: false }, async (page) => {
    const heading = await page.locator('h1').innerText()
    const gravest = raised[0]?.notice.headline
    if (raised.length === 0) assert.match(heading, /nothing is raised/i)
    else assert.ok(heading.includes(raised.length === 1 ? 'One alert is raised' : `${raised.length} alerts are raised`) && heading.includes(gravest), heading)
    const cards = page.locator('.raised > ul > li')
    assert.equal(await cards.count(), raised.length)
    for (const [place, alert] of raised.entries()) {
      const text = await cards.nth(place).innerText()
      assert.ok(text.includes(alert.notice.headline) && text.includes(`block ${alert.since.height.toLocaleString('en-US')}`), text)
    }
    const rows = page.locator('table.notices tbody tr')
    assert.equal(await rows.count(), notices.length)
    for (const [place, notice] of notices.entries()) {
      const text = await rows.nth(place).innerText()
      assert.ok(text.includes(notice.headline) && text.includes(notice.change), text)
      assert.ok(text.includes(notice.as_of.height.toLocaleString('en-US')), text)
    }
  })
})

test('a filter is an address, and leads to the same rows', async () => {
  await visit('/alerts', { javaScriptEnabled: false }, async (page) => {
    await page.locator('select[name="rule"]').selectOption('hhi')
    await page.getByRole('button', { name: 'Show' }).click()
    const address = new URL(page.url())
    assert.equal(address.searchParams.get('rule'), 'hhi')
    const { notices } = await api('/api/v1/alerts?rule=hhi')
    assert.equal(await page.locator('table.notices tbody tr').count(), notices.length)
  })
})

test('the overview says what is raised, and feeds are where the page says', async () => {
  const { raised, evaluated } = await api('/api/v1/alerts')
  await visit('/', {}, async (page) => {
    const line = await page.locator('.alarm').innerText()
    if (raised.length > 0) assert.ok(line.includes(raised[0].notice.headline), line)
    else assert.equal(line.trim(), evaluated ? 'No alert is raised.' : '')
  })
  await visit('/alerts', {}, async (page) => {
    for (const type of ['application/atom+xml', 'application/rss+xml']) {
      const href = await page.locator(`link[type="${type}"]`).getAttribute('href')
      const feed = await fetch(new URL(href, origin))
      assert.equal(feed.headers.get('content-type'), `${type}; charset=utf-8`)
    }
  })
})

test('an alert has its page, with every notice of it', async () => {
  const { notices } = await api('/api/v1/alerts')
  if (notices.length === 0) return
  const alert = await api(`/api/v1${notices[0].page}`)
  await visit(notices[0].page, { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.locator('.timeline > li').count(), alert.all_notices.length)
    assert.ok((await page.locator('h1').innerText()).startsWith(alert.notice.headline))
    assert.equal(await page.locator('meta[property="og:title"]').getAttribute('content'), `${alert.notice.headline}.`)
    assert.equal(await page.locator('meta[name="twitter:card"]').getAttribute('content'), 'summary')
  })
})

test('pages of subscriptions are none where nobody can subscribe', async () => {
  for (const path of ['/subscribe', '/subscriptions/' + 'a'.repeat(43)]) {
    const answer = await fetch(new URL(path, origin))
    assert.equal(answer.status, 404, path)
  }
  await visit('/alerts', {}, async (page) => assert.equal(await page.locator('a[href="/subscribe"]').count(), 0))
})
