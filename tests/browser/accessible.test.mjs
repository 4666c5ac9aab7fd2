// Every page in a real browser: nothing for axe to find, nothing that scrolls sideways, in light and on a phone in dark. The overview, a
// block and the pages of companies are looked at beside their own tests.
//
// HASHWATCH_URL is the address of a running hashwatch with some thousand simulated blocks.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'

import { assertAccessible, phone } from './browser.mjs'
import { visit } from './site.mjs'

const pages = [
  '/pools?window=all',
  '/pools/sim-alder',
  '/blocks',
  '/unknown',
  '/miners?window=all',
  '/miners/IREN',
  '/miners/bitzero-holdings',
  '/registry',
  '/scenario',
  '/scenario?leave=cipher-exit-2026-02',
  '/attack',
  '/attack?preset=harvey-2025',
  '/alerts',
  '/pivots',
  '/economics',
  '/?by=group',
  '/methodology',
  '/methodology/concentration',
  '/methodology/attribution',
  '/api',
  '/concentration',
  '/concentration?metric=nakamoto&by=group&scale=log&span=all&window=1008',
  '/hashrate',
  '/hashrate?window=all&scale=log',
  '/pivots?miner=mara-holdings&on=2026-10-01',
  '/pivots?on=2020-01-01',
  '/economics?on=2025-12-31',
  '/economics?on=2010-01-01',
]

for (const path of pages) {
  test(`axe finds nothing on ${path}, in light, in dark and on a phone, and it does not scroll sideways`, async () => {
    await visit(path, { colorScheme: 'light' }, assertAccessible)
    await visit(path, { colorScheme: 'dark', viewport: phone }, assertAccessible)
  })
}
