// Subscriptions in a real browser, with and without scripts: a wish, its mail, the alert that a block raises, the change, the end. The
// mails are read from a real mail server, and what raises the alert is mined on a real node.

import { strict as assert } from 'node:assert'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { assertGoodEverywhere, desk, launch, open } from './browser.mjs'
import { startHashwatch } from './hashwatch.mjs'
import { startMail } from './mail.mjs'
import { startRegtest } from './regtest.mjs'
import { ANOTHER, ITS, SUBJECT, config, its, others } from './takeover.mjs'

let folder, node, mail, hashwatch, browser
/** Who walks: with scripts, without, and one who stays, to know by when the others would have heard. */
const walkers = [
  { name: 'with scripts', address: 'scripted@example.org', source: '192.0.2.1', settings: {} },
  { name: 'without scripts', address: 'plain@example.org', source: '192.0.2.2', settings: { javaScriptEnabled: false } },
]
const stays = { address: 'stays@example.org', source: '192.0.2.3' }

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hashwatch-browser-'))
  ;[node, mail, browser] = await Promise.all([startRegtest(join(folder, 'node')), startMail(), launch()])
  hashwatch = await startHashwatch(join(folder, 'hashwatch'), node, config(mail))
  // what the preview tells of: a takeover that is over
  await mine(...others(24), ...its(11), ...others(24))
  for (const walker of walkers) {
    const extraHTTPHeaders = { 'x-forwarded-for': walker.source }
    walker.site = await open(hashwatch.origin, { browser, viewport: desk, extraHTTPHeaders, ...walker.settings })
    walker.page = walker.site.page
  }
})

after(async () => {
  for (const walker of walkers) await walker.site?.close()
  await browser?.close()
  await hashwatch?.stop()
  await Promise.all([node?.stop(), mail?.stop()])
  await rm(folder, { recursive: true, force: true })
})

/** One at a time, so that each is evaluated by itself and its mail comes before the next one's. */
async function mine(...tags) {
  await hashwatch.evaluated(await node.mine(...tags))
}

/** Without scripts the pages are the same. */
async function assertGood(walker, name) {
  if (walker === walkers[0]) await assertGoodEverywhere(walker.page, name)
}

const heading = (page) => page.locator('h1').innerText()
const press = (page, name) => page.getByRole('button', { name, exact: true }).click()
/** A pool among those that the form is about. */
async function choose(page, subject) {
  const box = page.locator(`input[value="${subject}"]`)
  if (!(await box.isVisible())) await page.locator('summary', { hasText: /^Pools/ }).click()
  await box.check()
}
const path = (page) => new URL(page.url()).pathname
/** The first link of a mail that leads there. */
const link = (text, start) => new RegExp(`${hashwatch.origin}${start}[A-Za-z0-9_-]{43}`).exec(text)?.[0]

/** Where a mail's link to end it leads. */
const ended = (text) => /Unsubscribe: (\S+)/.exec(text)[1]

/** What the browser tells of answers that are none, as it does of every such one, was expected. */
function expected(walker, status) {
  const { problems } = walker.site
  problems.console = problems.console.filter((line) => !line.includes(`status of ${status}`))
}

/** A form as another program sends it. */
const send = (address, form, headers = {}) =>
  fetch(new URL(address, hashwatch.origin), { method: 'POST', redirect: 'manual', body: new URLSearchParams(form), headers })

async function begin(walker) {
  const asked = await send('/subscribe', { share: '1', subject: SUBJECT, channel: 'mail', address: walker.address }, {
    origin: hashwatch.origin,
    'x-forwarded-for': walker.source,
  })
  assert.equal(asked.headers.get('location'), '/subscribe/asked')
  const wish = await mail.next(walker.address, 1)
  const confirmed = await send(link(wish.parts['text/plain'], '/subscriptions/confirm/'), {}, { 'x-forwarded-for': walker.source })
  assert.equal(confirmed.status, 303)
  await mail.next(walker.address, 2)
}

/** What the API tells of this choice: warnings, and notices that something is better. */
async function told(least) {
  const { notices } = await hashwatch.json(`/api/v1/alerts?limit=200&rule=share&subject=${encodeURIComponent(SUBJECT)}`)
  const seen = (level) => (level < least ? 0 : level)
  const changes = notices.map((notice) => seen(notice.level) - seen(notice.from_level))
  return [changes.filter((change) => change > 0).length, changes.filter((change) => change < 0).length]
}

for (const walker of walkers) {
  test(`${walker.name}: the form says what its settings would have brought, and keeps what was typed`, async () => {
    const { page, site } = walker
    await page.goto(site.url('/alerts'))
    await assertGood(walker, 'alerts-over')
    await page.getByRole('link', { name: 'Be warned by mail or webhook' }).click()
    await assertGood(walker, 'subscribe')
    for (const select of await page.locator('.chosen-rules select').all()) await select.selectOption('0')
    await page.getByLabel('Share of the hashrate').selectOption('1')
    await choose(page, SUBJECT)
    await press(page, 'Preview')
    const address = new URL(page.url())
    assert.deepEqual([address.searchParams.get('share'), address.searchParams.getAll('subject')], ['1', [SUBJECT]])
    const [warnings, better] = await told(1)
    assert.deepEqual([warnings, better], [1, 1], 'the takeover that is over')
    assert.equal(
      await heading(page),
      'With these settings you would have had 1 warning in the last year, and 1 notice that something eased or was over.',
    )
    assert.deepEqual(await page.locator('.preview .level').allInnerTexts(), ['over', 'raised'])
    await assertGood(walker, 'preview')
    // with an address typed, it stays and stands in no address
    await page.getByLabel('Address of mail').fill('no address')
    await page.getByLabel('Share of the hashrate').selectOption('2')
    await press(page, 'Preview')
    assert.deepEqual(await told(2), [0, 0])
    assert.equal(await heading(page), 'With these settings you would have had no warning in the last year.')
    assert.equal(await page.getByLabel('Address of mail').inputValue(), 'no address')
    assert.ok(!page.url().includes('no'), page.url())
    await page.getByLabel('Share of the hashrate').selectOption('1')
  })

  test(`${walker.name}: what cannot be is refused in place, and can be mended`, async () => {
    const { page } = walker
    // a browser's own look at the field is not what is tried
    await page.locator('form.subscribe').evaluate((form) => form.setAttribute('novalidate', ''))
    await press(page, 'Subscribe')
    assert.match(await page.getByRole('alert').innerText(), /no address of mail/)
    assert.equal(await page.getByLabel('Share of the hashrate').inputValue(), '1')
    await assertGood(walker, 'refused-address')
    await page.getByLabel('Address of mail').fill(walker.address)
    const level = page.getByLabel('Share of the hashrate')
    await level.evaluate((select) => (select.options[1].value = '9'))
    await press(page, 'Subscribe')
    assert.match(await page.getByRole('alert').innerText(), /share.*a level from 1 to 2/)
    assert.equal(await page.getByLabel('Address of mail').inputValue(), walker.address)
    await assertGood(walker, 'refused-level')
    expected(walker, 400)
    assert.deepEqual(mail.to(walker.address), [])
  })

  test(`${walker.name}: a mail asks, a look changes nothing, a button begins it`, async () => {
    const { page } = walker
    for (const select of await page.locator('.chosen-rules select').all()) await select.selectOption('0')
    await page.getByLabel('Share of the hashrate').selectOption('1')
    await choose(page, SUBJECT)
    await press(page, 'Subscribe')
    assert.equal(path(page), '/subscribe/asked')
    assert.match(await heading(page), /^Look into your mail/)
    await assertGood(walker, 'asked')
    const wish = await mail.next(walker.address, 1)
    const confirm = link(wish.parts['text/plain'], '/subscriptions/confirm/')
    assert.ok(confirm && wish.parts['text/html'].includes(`href="${confirm}"`), JSON.stringify(wish.parts))
    assert.equal(wish.headers.subject, 'Confirm your subscription')
    await page.goto(confirm)
    assert.equal(await heading(page), 'Begin this subscription?')
    await assertGood(walker, 'confirm')
    // whoever only looks, as programs do that look at links, begins nothing
    for (const method of ['GET', 'HEAD']) assert.equal((await fetch(confirm, { method })).status, 200)
    await page.reload()
    assert.equal(mail.to(walker.address).length, 1)
    await press(page, 'Begin')
    assert.match(await page.getByRole('status').innerText(), /It has begun/)
    assert.match(await heading(page), /^You are subscribed: a mail for each, at once, to .…@example.org/)
    await assertGood(walker, 'confirmed')
    const welcome = await mail.next(walker.address, 2)
    walker.manage = link(welcome.parts['text/plain'], '/subscriptions/')
    assert.equal(page.url().split('?')[0], walker.manage)
    // once
    await page.goto(confirm)
    await press(page, 'Begin')
    assert.equal(await heading(page), 'This link leads nowhere any more')
    await assertGood(walker, 'used')
    expected(walker, 404)
  })
}

test('a block raises an alert, and its mail comes, with a button of the mail program to end it', async () => {
  await begin(stays)
  await mine(...its(10))
  assert.deepEqual([...walkers, stays].map(({ address }) => mail.to(address).length), [2, 2, 2], 'a block too early')
  await mine(ITS)
  const { raised } = await hashwatch.json(`/api/v1/alerts?subject=${encodeURIComponent(SUBJECT)}`)
  const [{ notice }] = raised.filter((it) => it.notice.subject.kind === 'pool')
  for (const walker of [...walkers, stays]) {
    const warning = await mail.next(walker.address, 3)
    const [text, html] = [warning.parts['text/plain'], warning.parts['text/html']]
    assert.equal(warning.headers.subject, notice.headline)
    assert.ok(text.includes(notice.headline) && text.includes(hashwatch.origin + notice.page), text)
    assert.ok(html.includes(`href="${hashwatch.origin}${notice.page}"`), html)
    assert.equal(warning.headers['list-unsubscribe-post'], 'List-Unsubscribe=One-Click')
    walker.oneClick = /^<(.+)>$/.exec(warning.headers['list-unsubscribe'])[1]
    assert.equal(walker.oneClick, ended(text))
    walker.manage ??= link(text, '/subscriptions/')
    assert.equal(link(text, '/subscriptions/'), walker.manage)
  }
  const [walker] = walkers
  for (const [name, address] of [['alerts-raised', '/alerts'], ['alert', notice.page]]) {
    await walker.page.goto(walker.site.url(address))
    await assertGood(walker, name)
  }
})

test('what is chosen is changed by the link of the mail, and the change holds', async () => {
  const [level, scope] = walkers
  for (const walker of walkers) {
    await walker.page.goto(walker.manage)
    assert.equal(await walker.page.getByLabel('Share of the hashrate').inputValue(), '1')
    await assertGood(walker, 'manage')
  }
  await level.page.getByLabel('Share of the hashrate').selectOption('0')
  await press(level.page, 'Keep the change')
  assert.match(await level.page.getByRole('alert').innerText(), /choose a rule at least/)
  await assertGood(level, 'manage-refused')
  expected(level, 400)
  await level.page.getByLabel('Share of the hashrate').selectOption('2')
  await scope.page.locator(`input[value="${SUBJECT}"]`).uncheck()
  await choose(scope.page, ANOTHER)
  for (const walker of walkers) {
    await press(walker.page, 'Keep the change')
    assert.equal(await walker.page.getByRole('status').innerText(), 'The change is kept.')
    await assertGood(walker, 'changed')
    await walker.page.goto(walker.manage)
  }
  assert.equal(await level.page.getByLabel('Share of the hashrate').inputValue(), '2')
  assert.deepEqual(await scope.page.locator('input[name="subject"]:checked').evaluateAll((all) => all.map((it) => it.value)), [ANOTHER])
  // more than half: it worsens to whoever stays, it is raised to whom less is nothing, and it is nothing to whom it is another
  await mine(...its(3))
  const [worsened, raised] = [await mail.next(stays.address, 4), await mail.next(level.address, 4)]
  assert.ok(worsened.headers.subject === raised.headers.subject && raised.headers.subject.includes('half'), raised.headers.subject)
  assert.equal(mail.to(scope.address).length, 3)
})

test('it ends by its page and by one click; nothing comes any more, and its links are like any others', async () => {
  const [byPage, byClick] = walkers
  const { page } = byPage
  await page.goto(ended(mail.to(byPage.address)[1].parts['text/plain']))
  assert.equal(await heading(page), 'End this subscription?')
  await assertGood(byPage, 'unsubscribe')
  await page.reload()
  await page.goto(byPage.manage)
  assert.match(await heading(page), /^You are subscribed/, 'a look ends nothing')
  await press(page, 'End the subscription')
  assert.equal(await heading(page), 'The subscription is over.')
  await assertGood(byPage, 'over')
  // as RFC 8058 has it: from anywhere, without cookies
  const clicked = await send(byClick.oneClick, { 'List-Unsubscribe': 'One-Click' }, { 'x-forwarded-for': '198.51.100.1' })
  assert.equal(clicked.status, 200)
  const unknown = await fetch(`${hashwatch.origin}/subscriptions/${'a'.repeat(43)}`)
  for (const walker of walkers) {
    const gone = await fetch(walker.manage)
    assert.deepEqual([gone.status, await gone.text()], [404, await unknown.clone().text()])
    await walker.page.goto(walker.manage)
    assert.equal(await heading(walker.page), 'This link leads nowhere any more')
    await assertGood(walker, 'gone')
    expected(walker, 404)
  }
  const before = walkers.map(({ address }) => mail.to(address).length)
  const heard = mail.to(stays.address).length
  await mine(...others(20))
  // eased, and over
  await mail.next(stays.address, heard + 2)
  await mine(...its(11))
  await mail.next(stays.address, heard + 3)
  assert.deepEqual(walkers.map(({ address }) => mail.to(address).length), before)
})

test('who asks too often is told when to come again', async () => {
  const [walker] = walkers
  const ask = () => fetch(`${hashwatch.origin}/subscribe`, { headers: { 'x-forwarded-for': walker.source } })
  let answer = await ask()
  for (let asked = 0; answer.status === 200 && asked < 70; asked++) answer = await ask()
  assert.equal(answer.status, 429)
  assert.ok(Number(answer.headers.get('retry-after')) >= 1)
  await walker.page.goto(walker.site.url('/subscribe'))
  assert.equal(await heading(walker.page), 'Too much at once')
  await assertGood(walker, 'too-often')
  expected(walker, 429)
})

test('nothing that must not happen has happened, and no log tells of whom or where to', () => {
  for (const { site } of walkers) site.assertClean()
  const said = hashwatch.said()
  for (const walker of [...walkers, stays]) {
    const secrets = [walker.address, walker.manage.split('/').pop(), walker.oneClick.split('/').at(-2)]
    for (const secret of secrets) assert.ok(!said.includes(secret), secret)
  }
})
