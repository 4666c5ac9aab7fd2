// Opens the site in a real Chromium for one test, and keeps what must never happen: console errors, errors thrown by
// scripts, and requests to any host but the site's own.
//
//   const site = await open('http://127.0.0.1:8480')
//   try {
//     await site.page.goto(site.url('/'))
//     ...
//     site.assertClean()
//   } finally {
//     await site.close()
//   }

import { strict as assert } from 'node:assert'
import { accessSync, constants, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'

import { chromium } from 'playwright-core'

// Besides these, playwright starts each browser with a new, empty --user-data-dir and removes it at the end. The
// switches keep Chromium from asking anything of the network on its own account.
const SWITCHES = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

// Pictures and scripts that a page carries within itself go to no host.
const WITHOUT_HOST = new Set(['data:', 'blob:', 'about:'])

/** The Chromium to run: $CHROMIUM, or `chromium` on PATH. tests/fetch-chromium.sh makes sure of one. */
export function chromiumPath() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'chromium')
    try {
      accessSync(candidate, constants.X_OK)
      return candidate
    } catch {
      // not in this folder
    }
  }
  throw new Error('no chromium on PATH: run tests/fetch-chromium.sh, or set CHROMIUM')
}

/** Starts a Chromium. Tests that need many pages start one and give it to each `open` as `browser`. */
export function launch() {
  return chromium.launch({ executablePath: chromiumPath(), headless: true, chromiumSandbox: false, args: SWITCHES })
}

/**
 * A page with a profile of its own, on the site at `origin` (http://HOST:PORT).
 *
 * `settings`: `browser` (from `launch`; one is started if there is none), and whatever a playwright context takes:
 * `viewport`, `colorScheme`, `reducedMotion`, `forcedColors`, `javaScriptEnabled`, `locale`, `timezoneId` ...
 */
export async function open(origin, { browser, ...settings } = {}) {
  const host = new URL(origin).host
  const own = browser === undefined
  const running = browser ?? (await launch())
  const context = await running.newContext({ baseURL: origin, viewport: { width: 1280, height: 900 }, ...settings })
  const problems = { console: [], page: [], foreign: [] }

  const watchHost = (address) => {
    const url = new URL(address)
    if (!WITHOUT_HOST.has(url.protocol) && url.host !== host) problems.foreign.push(address)
  }
  const watch = (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error') problems.console.push(`${message.text()} (${message.location().url ?? ''})`)
    })
    page.on('pageerror', (error) => problems.page.push(String(error?.stack ?? error)))
    page.on('crash', () => problems.page.push('the page crashed'))
    page.on('websocket', (socket) => watchHost(socket.url()))
  }
  context.on('page', watch)
  context.on('request', (request) => watchHost(request.url()))

  const page = await context.newPage()
  return {
    browser: running,
    context,
    page,
    problems,
    /** The address of a path on the site. */
    url: (path) => new URL(path, origin).href,
    /** Throws if anything happened that must not; what a test expects it takes out of `problems` first. */
    assertClean() {
      assert.deepEqual(problems, { console: [], page: [], foreign: [] })
    },
    async close() {
      await context.close()
      if (own) await running.close()
    },
  }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** axe finds nothing to complain of, and the page does not scroll sideways. */
export async function assertAccessible(page) {
  await page.evaluate(axe) // by the debugger, which no content security policy binds
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`)
  })
  assert.deepEqual(found, [])
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
  assert.ok(wide <= room, `${wide} px in ${room}`)
}

export const desk = { width: 1440, height: 900 }
export const phone = { width: 390, height: 844 }

/**
 * The same in light, and on a phone in dark, of a page as it stands. With $PICTURES its pictures go to that folder, to be looked at, in all
 * four of both.
 */
export async function assertGoodEverywhere(page, name) {
  const others = process.env.PICTURES ? [[desk, 'dark'], [phone, 'light']] : []
  for (const [viewport, colorScheme] of [[desk, 'light'], [phone, 'dark'], ...others]) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await assertAccessible(page)
    const path = `${process.env.PICTURES}/${name}-${viewport.width}-${colorScheme}.png`
    if (process.env.PICTURES) await page.screenshot({ path, fullPage: true })
  }
  await page.setViewportSize(desk)
  await page.emulateMedia({ colorScheme: 'light' })
}

/** Opens a page for one test; nothing that must never happen may have happened at its end. */
export async function visit(path, { origin, ...settings }, run) {
  const site = await open(origin, settings)
  try {
    await site.page.goto(site.url(path), { waitUntil: 'load' })
    await run(site.page, site)
    site.assertClean()
  } finally {
    await site.close()
  }
}
