import { launch, open } from './browser.mjs'
const [, , out, ...paths] = process.argv
const b = await launch()
for (const path of paths) for (const [w, scheme] of [[1440, 'light'], [390, 'dark'], [390,'light'], [1440,'dark']]) {
  const site = await open('http://127.0.0.1:8345', { browser: b, viewport: { width: w, height: 900 }, colorScheme: scheme })
  await site.page.goto(site.url(path)); await site.page.waitForTimeout(2500)
  await site.page.screenshot({ path: `${out}/${path.replace(/[^a-z0-9]+/gi, '_')}-${w}-${scheme}.png`, fullPage: true })
  await site.close()
}
await b.close()
