// Bundles web/src into web/dist, from where the binary embeds it. Three programs come out:
//   theme.js   a few lines run before the first paint: the reader's choice of light or dark
//   app.js     what every page loads (deferred); it fetches the chart code (charts-<hash>.js) after the first paint
//   server.js  the same chart definitions for QuickJS inside the binary, which draws them as SVG
// and app.css. Each text file also gets a .br sibling, so that the server never compresses at request time.
// The hash in the public URL of theme.js, app.js and app.css is put there by crates/web (assets.rs).
import * as esbuild from 'esbuild';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = `${root}dist`;
const common = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  outdir: 'dist',
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none', // the licences travel in licences.txt instead
  logLevel: 'warning',
};

// Parts of ECharts that it always brings along and no chart here can reach: maps, a second language, its own dark theme, and options
// as they were written for its version 4. Their names are those that their importers ask for.
const unreached = {
  'coord/geo/parseGeoJson.js': 'export default function () { throw new Error("no maps here"); }',
  'coord/geo/Region.js': 'export class Region {} export class GeoJSONRegion {} export class GeoSVGRegion {}',
  'i18n/langZH.js': 'export default {};',
  'theme/dark.js': 'export default {};',
  'preprocessor/backwardCompat.js': 'export default function () {}',
};
const leftOut = new Set();
const leaveOut = {
  name: 'leave-out',
  setup(build) {
    build.onLoad({ filter: /[/\\]echarts[/\\]lib[/\\]/ }, ({ path }) => {
      const part = path.replaceAll('\\', '/').split('/echarts/lib/')[1];
      if (!Object.hasOwn(unreached, part)) return undefined;
      leftOut.add(part);
      return { contents: unreached[part] };
    });
  },
};

const bundles = await Promise.all([
  esbuild.build({
    ...common,
    plugins: [leaveOut],
    entryPoints: { app: 'src/app.ts' },
    format: 'esm',
    splitting: true,
    chunkNames: 'charts-[hash]',
    target: 'es2022',
  }),
  esbuild.build({ ...common, entryPoints: ['src/theme.ts'], format: 'iife', target: 'es2020' }),
  esbuild.build({ ...common, entryPoints: ['src/app.css'], target: ['chrome110', 'firefox115', 'safari16'] }),
  esbuild.build({ ...common, plugins: [leaveOut], entryPoints: ['src/server.ts'], format: 'iife', target: 'es2020' }),
]);
for (const part of Object.keys(unreached)) if (!leftOut.has(part)) throw new Error(`ECharts has no ${part} any more`);
const files = new Map(bundles.flatMap((bundle) => bundle.outputFiles.map((file) => [basename(file.path), Buffer.from(file.contents)])));

for (const name of readdirSync(`${root}static`)) files.set(name, readFileSync(`${root}static/${name}`));

const licences = ['echarts/LICENSE', 'echarts/NOTICE', 'zrender/LICENSE', 'tslib/LICENSE.txt']
  .map((name) => `${name}\n\n${readFileSync(`${root}node_modules/${name}`, 'utf8')}`)
  .join(`\n${'-'.repeat(80)}\n\n`);
files.set('licences.txt', Buffer.from(`The pages of hashwatch carry these works of others.\n\n${licences}`));

for (const [name, bytes] of [...files].sort()) {
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  if (name !== 'server.js') files.set(`${name}.br`, packed);
  console.log(`${name.padEnd(24)} ${String(bytes.length).padStart(8)} B ${String(packed.length).padStart(8)} B brotli`);
}

// only now that everything has been built: a build that fails leaves the last good one in place
mkdirSync(dist, { recursive: true });
for (const name of readdirSync(dist)) if (!files.has(name) && !name.startsWith('.')) rmSync(`${dist}/${name}`);
for (const [name, bytes] of files) {
  const path = `${dist}/${name}`;
  if (!existsSync(path) || !readFileSync(path).equals(bytes)) writeFileSync(path, bytes);
}
