// The site that the tests of a file are about, the hashwatch at $HASHWATCH_URL, and one Chromium that they share.

import { strict as assert } from 'node:assert'
import { after, before } from 'node:test'

import { launch, open, visit as visitPage } from './browser.mjs'

export const origin = process.env.HASHWATCH_URL
assert.ok(origin, 'HASHWATCH_URL is not set')

let browser
before(async () => {
  browser = await launch()
})
after(() => browser.close())

/** Opens a page of it for one test; nothing that must never happen may have happened at its end. */
export const visit = (path, settings, run) => visitPage(path, { origin, browser, ...settings }, run)

/** A page that the test closes itself. */
export const opened = () => open(origin, { browser })

/** What a path of the API answers, which must be JSON with status 200. */
export async function api(path) {
  const answer = await fetch(new URL(path, origin))
  assert.equal(answer.status, 200, path)
  return answer.json()
}
