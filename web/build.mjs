// Bundles web/src into web/dist, from where the binary embeds it. Three programs come out:
//   theme.js   a few lines run before the first paint: the reader's choice of light or dark
//   app.js     what every page loads (deferred); it fetches the chart code (charts-<hash>.js) after the first paint
//   server.js  the same chart definitions for QuickJS inside the binary, which draws them as SVG
// and app.css. Each text file also gets a .br sibling, so that the server never compresses at request time.
// The hash in the public URL of theme.js, app.js and app.css is put there by crates/web (assets.rs).
import * as esbuild from 'esbuild';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = `${root}dist`;
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none', // the licences travel in licences.txt instead
  logLevel: 'warning',
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

await Promise.all([
  esbuild.build({
    ...common,
    entryPoints: { app: 'src/app.ts' },
    outdir: 'dist',
    format: 'esm',
    splitting: true,
    chunkNames: 'charts-[hash]',
    target: 'es2022',
  }),
  esbuild.build({ ...common, entryPoints: ['src/theme.ts'], outdir: 'dist', format: 'iife', target: 'es2020' }),
  esbuild.build({ ...common, entryPoints: ['src/app.css'], outdir: 'dist', target: ['chrome110', 'firefox115', 'safari16'] }),
  esbuild.build({ ...common, entryPoints: ['src/server.ts'], outdir: 'dist', format: 'iife', target: 'es2020' }),
]);

const licences = ['echarts/LICENSE', 'echarts/NOTICE', 'zrender/LICENSE', 'tslib/LICENSE.txt']
  .map((name) => `${name}\n\n${readFileSync(`${root}node_modules/${name}`, 'utf8')}`)
  .join(`\n${'-'.repeat(80)}\n\n`);
writeFileSync(`${dist}/licences.txt`, `The pages of hashwatch carry these works of others.\n\n${licences}`);

for (const name of readdirSync(`${root}static`)) writeFileSync(`${dist}/${name}`, readFileSync(`${root}static/${name}`));

for (const name of readdirSync(dist).sort()) {
  const bytes = readFileSync(`${dist}/${name}`);
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  if (name !== 'server.js') writeFileSync(`${dist}/${name}.br`, packed);
  console.log(`${name.padEnd(24)} ${String(bytes.length).padStart(8)} B ${String(packed.length).padStart(8)} B brotli`);
}
