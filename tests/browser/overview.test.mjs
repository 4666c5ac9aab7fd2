// The overview in a real browser, as its readers use it: with a pointer, with keys alone, on a phone, in the dark, through
// a screen reader's tree, with scripts off, left open all day, and when the server goes away.
//
// HASHWATCH_URL is the address of a running hashwatch with some thousand blocks.

import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { assertAccessible, phone } from './browser.mjs'
import { api, opened, origin, visit } from './site.mjs'

/** The interactive chart of a name, once it stands in place of the picture. */
async function chart(page, name) {
  await page.locator(`#figure-${name}`).scrollIntoViewIfNeeded()
  await page.waitForSelector(`#figure-${name} .plot.live`)
  return page.locator(`#figure-${name} .stage`)
}

/** How many different colours a canvas shows in a grid of samples: one means that it is blank. */
function colours(stage) {
  return stage.locator('canvas').first().evaluate((canvas) => {
    const context = canvas.getContext('2d')
    const seen = new Set()
    for (let x = 5; x < canvas.width; x += 16) {
      for (let y = 5; y < canvas.height; y += 16) seen.add(context.getImageData(x, y, 1, 1).data.join())
    }
    return seen.size
  })
}

const said = (page, name) => page.locator(`#figure-${name} > [aria-live]`).textContent()

const rows = (page) =>
  page.locator('table.shares tbody tr').evaluateAll((all) =>
    all.map((row) => [...row.cells].map((cell) => cell.textContent.trim().replaceAll(',', ''))),
  )

/** The table's cells, as they follow from the API's answer. */
function expectedRows(api) {
  const of = (part) => (part * 100).toFixed(1)
  const cells = (rank, name, blocks, share, low, high) =>
    [rank, name, String(blocks), `${of(share)} %`, ...(low === undefined ? [] : [`${of(low)} – ${of(high)} %`])]
  const pools = api.shares.filter((share) => share.kind === 'pool')
  return {
    pools: pools.map((s, i) => cells(String(i + 1), s.name, s.blocks, s.share, s.low, s.high)),
    unknown: cells('', 'Unknown', api.unknown.blocks, api.unknown.share),
  }
}

test('without scripts the pictures are drawn and the table holds the same numbers as the API', async () => {
  await visit('/?window=1m', { javaScriptEnabled: false }, async (page) => {
    const pictures = page.locator('figure img')
    // shares, three of how concentrated, and the history
    assert.equal(await pictures.count(), 5)
    for (const picture of await pictures.all()) {
      await picture.scrollIntoViewIfNeeded()
      const size = await picture.evaluate(async (img) => (await img.decode(), [img.naturalWidth, img.naturalHeight]))
      assert.ok(size[0] > 0 && size[1] > 0, `a picture of ${size}`)
      assert.ok((await picture.getAttribute('alt')).length > 20, 'the alternative text says the finding')
    }
    const permalink = new URL(await page.locator('.cite a').getAttribute('href'), origin)
    const expected = expectedRows(await api(`/api/v1/shares${permalink.search}`))
    const shown = await rows(page)
    assert.deepEqual(shown.slice(0, -1), expected.pools)
    assert.deepEqual(shown.at(-1).slice(0, 4), expected.unknown)
    assert.equal(await page.locator('[data-png]').first().isVisible(), false, 'no button that does nothing')
  })
})

test('every window is a link, and its page tells of that window', async () => {
  await visit('/', {}, async (page) => {
    for (const label of ['24h', '1m', 'all']) {
      await page.getByRole('navigation', { name: 'Window' }).getByRole('link', { name: label, exact: true }).click()
      await page.waitForURL((url) => url.searchParams.get('window') === label)
      const { window } = await api(`/api/v1/shares?window=${label}&by=pool`)
      const figure = await page.locator('#figure-shares').getAttribute('data-json')
      assert.match(figure, new RegExp(`window=${label}\\b`))
      const current = page.locator('nav[aria-label=Window] [aria-current]')
      assert.equal(await current.textContent(), label)
      assert.ok(window.blocks > 0 && (await page.locator('h1').textContent()).length > 20)
      assert.ok((await colours(await chart(page, 'shares'))) > 3)
    }
  })
})

test('the charts stand over the pictures, without a shift, in under 200 kB', async () => {
  const site = await opened()
  try {
    const session = await site.context.newCDPSession(site.page)
    await session.send('Network.enable')
    let bytes = 0
    session.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength))
    await site.page.goto(site.url('/'), { waitUntil: 'networkidle' })
    for (const name of ['shares', 'history']) assert.ok((await colours(await chart(site.page, name))) > 8, `${name} is drawn`)
    await site.page.waitForLoadState('networkidle')
    assert.ok(bytes > 1_000 && bytes < 200_000, `${bytes} bytes came over the wire`)
    const shift = await site.page.evaluate(
      () =>
        new Promise((resolve) => {
          let sum = 0
          new PerformanceObserver((list) => list.getEntries().forEach((entry) => (sum += entry.value))).observe({
            type: 'layout-shift',
            buffered: true,
          })
          setTimeout(() => resolve(sum), 300)
        }),
    )
    assert.equal(shift, 0)
    site.assertClean()
  } finally {
    await site.close()
  }
})

test('keys walk the bars, and what they say is what the API says', async () => {
  await visit('/?window=1m', {}, async (page) => {
    const stage = await chart(page, 'shares')
    const data = await api(await page.locator('#figure-shares').getAttribute('data-json'))
    const words = (item) =>
      `${item.name}: ${(item.share * 100).toFixed(1)} %, 95 % interval ${(item.low * 100).toFixed(1)} to ${(item.high * 100).toFixed(1)} %`
    await stage.focus()
    await page.keyboard.press('ArrowDown')
    assert.ok((await said(page, 'shares')).startsWith(words(data.items[0])))
    await page.keyboard.press('ArrowDown')
    assert.ok((await said(page, 'shares')).startsWith(words(data.items[1])))
    await page.keyboard.press('End')
    assert.ok((await said(page, 'shares')).startsWith(words(data.items.at(-1))))
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    assert.ok((await said(page, 'shares')).startsWith(words(data.items.at(-2))))
    assert.ok(await stage.locator('.readout').isVisible())
    await page.keyboard.press('Escape')
    assert.equal(await stage.locator('.readout').isVisible(), false)
    await page.keyboard.press('Tab')
    assert.notEqual(await page.evaluate(() => document.activeElement.className), 'stage', 'the chart is no keyboard trap')
  })
})

test('keys walk and zoom the history down to the exact blocks of a span', async () => {
  await visit('/?window=all', {}, async (page) => {
    const stage = await chart(page, 'history')
    const data = await api(await page.locator('#figure-history').getAttribute('data-json'))
    await stage.focus()
    await page.keyboard.press('Home')
    const whole = await said(page, 'history')
    for (let n = 0; n < 8; n++) await page.keyboard.press('+')
    await page.waitForTimeout(200)
    await page.keyboard.press('Home')
    const bucket = data.buckets[0]
    const blocks = data.series[0].blocks[0]
    const span = await said(page, 'history')
    assert.ok(span.includes(`${((blocks / bucket.blocks) * 100).toFixed(1)} %`), `${span}: ${blocks} of ${bucket.blocks}`)
    assert.ok(span.includes(`${bucket.from_height} to ${bucket.to_height}`.replace(/\B(?=(\d{3})+\b)/g, ',')), span)
    await page.keyboard.press('ArrowUp')
    assert.ok((await said(page, 'history')).includes('95 % interval'))
    assert.notEqual(await said(page, 'history'), span)
    await page.keyboard.press('0')
    await page.waitForTimeout(200)
    await page.keyboard.press('Home')
    assert.equal((await said(page, 'history')).split('. ').at(-1), whole.split('. ').at(-1), 'the whole window again')
  })
})

test('the pointer reads exact values', async () => {
  await visit('/?window=1m', {}, async (page) => {
    const stage = await chart(page, 'history')
    const box = await stage.boundingBox()
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await stage.locator('.readout').waitFor({ state: 'visible' })
    const text = await stage.locator('.readout').innerText()
    assert.match(text, /UTC to .* UTC, blocks [\d,]+ to [\d,]+/)
    assert.match(text, /\d+\.\d %\s+\d+\.\d – \d+\.\d %/)
    await page.mouse.move(2, 2)
    await stage.locator('.readout').waitFor({ state: 'hidden' })
  })
})

test('the theme follows the system, or the reader, who is remembered', async () => {
  await visit('/', { colorScheme: 'light' }, async (page) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    const light = await ground()
    await page.getByLabel('Theme').selectOption('dark')
    assert.notEqual(await ground(), light)
    await page.reload()
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark')
    assert.match(await page.locator('#figure-shares img').evaluate((img) => img.currentSrc), /theme=dark/)
    await page.getByLabel('Theme').selectOption('system')
    assert.equal(await ground(), light)
    await page.emulateMedia({ colorScheme: 'dark' })
    assert.notEqual(await ground(), light)
  })
})

test('a picture can be taken home, with what it needs to be cited', async () => {
  await visit('/?window=1m', {}, async (page) => {
    await chart(page, 'shares')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#figure-shares').getByRole('button', { name: 'PNG' }).click(),
    ])
    const { data, tip } = await api('/api/v1/status')
    assert.match(download.suggestedFilename(), data === 'simulated' ? /^hashwatch-SIMULATED-shares-\d+\.png$/ : /^hashwatch-shares-\d+\.png$/)
    const png = readFileSync(await download.path())
    assert.equal(png.subarray(1, 4).toString(), 'PNG')
    assert.ok(png.readUInt32BE(16) >= 2_400 && png.length > 20_000, `${png.readUInt32BE(16)} px, ${png.length} bytes`)
    assert.ok(tip.height > 0)
  })
})

test('a simulated chain is unmistakable', async () => {
  const { data } = await api('/api/v1/status')
  await visit('/', {}, async (page) => {
    const svg = await (await fetch(new URL(await page.locator('.export a').first().getAttribute('href'), origin))).text()
    if (data === 'simulated') {
      assert.match(await page.title(), /simulated/)
      assert.ok(await page.getByText('SIMULATED', { exact: true }).isVisible())
      assert.match(svg, />SIMULATED</)
    } else {
      assert.doesNotMatch(svg, />SIMULATED</)
    }
  })
})

for (const [name, path, settings] of [
  ['in light', '/', { colorScheme: 'light' }],
  ['in dark', '/?window=1y', { colorScheme: 'dark' }],
  ['on a phone', '/', { colorScheme: 'light', viewport: phone }],
  ['on a phone in dark', '/?window=3m', { colorScheme: 'dark', viewport: phone }],
]) {
  test(`axe finds nothing ${name}, and the page does not scroll sideways`, async () => {
    await visit(path, settings, async (page) => {
      for (const figure of ['shares', 'history']) await chart(page, figure)
      await assertAccessible(page)
    })
  })
}

test('a page left open takes a new block in place, and keeps focus and zoom', async () => {
  const site = await opened()
  try {
    const { page } = site
    let blocks = 0
    await page.clock.install()
    await page.route('**/api/v1/status', async (route) => {
      const answer = await route.fetch()
      const status = await answer.json()
      await route.fulfill({ response: answer, json: { ...status, stale_blocks: status.stale_blocks + blocks } })
    })
    await page.goto(site.url('/?window=all'), { waitUntil: 'load' })
    await page.clock.runFor(1_000)
    const stage = await chart(page, 'history')
    await stage.focus()
    for (const key of ['Home', '+', '+']) {
      await page.keyboard.press(key)
      await page.clock.runFor(500)
    }
    await page.keyboard.press('Home')
    const zoomed = await said(page, 'history')
    await page.locator('.windows a').nth(2).focus()

    // the page as it will be fetched anew, with a headline that tells it apart
    await page.route(site.url('/?window=all'), async (route) => {
      const answer = await route.fetch()
      const body = (await answer.text()).replace(/(<h1[^>]*>)[^<]*/, '$1A block later')
      await route.fulfill({ response: answer, body })
    })
    blocks = 1
    await page.clock.runFor(16_000)
    await page.getByRole('heading', { level: 1, name: 'A block later' }).waitFor()
    assert.equal(await page.evaluate(() => document.activeElement.textContent), '1w', 'the focus stays')
    await stage.focus()
    await page.keyboard.press('Home')
    assert.equal(await said(page, 'history'), zoomed, 'the zoom stays')
    site.assertClean()
  } finally {
    await site.close()
  }
})

test('a server that falls silent is told of, and its return too', async () => {
  const site = await opened()
  try {
    const { page } = site
    let silent = false
    await page.clock.install()
    await page.route('**/api/v1/status', (route) => (silent ? route.abort() : route.continue()))
    await page.goto(site.url('/'), { waitUntil: 'load' })
    await page.clock.runFor(1_000)
    assert.equal(await page.locator('#contact').isVisible(), false)
    silent = true
    for (let n = 0; n < 3; n++) {
      await page.clock.runFor(15_000)
      await page.waitForTimeout(100)
    }
    await page.getByText('No answer from the server').waitFor()
    silent = false
    await page.clock.runFor(15_000)
    await page.locator('#contact').waitFor({ state: 'hidden' })
    site.problems.console.length = 0 // the browser's own note of each request that failed
    site.assertClean()
  } finally {
    await site.close()
  }
})

test('a page pinned to a block stays as it is', async () => {
  await visit('/', {}, async (page, site) => {
    const permalink = await page.locator('.cite a').getAttribute('href')
    const asked = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.goto(site.url(permalink), { waitUntil: 'networkidle' })
    assert.ok(!asked.includes('/api/v1/status'))
    assert.ok((await colours(await chart(page, 'shares'))) > 3)
  })
})

test('print is a page: pictures in ink, no controls', async () => {
  await visit('/', { colorScheme: 'dark' }, async (page) => {
    await chart(page, 'shares')
    await page.emulateMedia({ media: 'print', colorScheme: 'light' })
    for (const gone of ['.windows', '.stage', 'figcaption', '.theme']) {
      assert.equal(await page.locator(gone).first().isVisible(), false, gone)
    }
    assert.equal(await page.locator('#figure-shares img').evaluate((img) => getComputedStyle(img).visibility), 'visible')
  })
})
