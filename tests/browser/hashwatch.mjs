// A hashwatch of a test's own, which follows a node of its own: the program is $HASHWATCH_BIN, or the debug build.

import { spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { freePort, until } from './waiting.mjs'

/** Nothing of what is set for another hashwatch; where the embedded engine lies is a matter of the machine. */
function environment() {
  const passed = ([name]) => !name.startsWith('HASHWATCH_') || name === 'HASHWATCH_LIBCHDB'
  return Object.fromEntries(Object.entries(process.env).filter(passed))
}

/** Starts it in this folder. `config` is the text of its configuration, given the URL that it will have. */
export async function startHashwatch(folder, node, config) {
  await mkdir(folder)
  const [listen, log] = [`127.0.0.1:${await freePort()}`, join(folder, 'log')]
  const origin = `http://${listen}`
  await writeFile(join(folder, 'hashwatch.toml'), config(origin))
  const where = ['--data', join(folder, 'data'), '--listen', listen, '--config', join(folder, 'hashwatch.toml')]
  const program = spawn(
    process.env.HASHWATCH_BIN ?? 'target/debug/hashwatch',
    ['run', '--network', 'regtest', '--rpc-url', node.url, '--rpc-cookie', node.cookie, ...where],
    { stdio: ['ignore', 'ignore', openSync(log, 'w')], env: { ...environment(), HASHWATCH_LOG: 'debug' } },
  )
  const said = () => readFileSync(log, 'utf8')
  const json = async (path) => {
    const answer = await fetch(origin + path)
    return answer.ok ? answer.json() : null
  }
  const lives = (what, ask) =>
    until(what, () => {
      if (program.exitCode !== null) throw new Error(`hashwatch ended with ${program.exitCode}: ${said().slice(-3_000)}`)
      return ask()
    })
  await lives('hashwatch answers', () => json('/api/v1/status').catch(() => null))
  let asked = 0
  return {
    origin,
    said,
    json,
    /** Waits until a block was evaluated. Each time another question: an answer is kept as long as nothing new is said. */
    evaluated: (hash) =>
      lives('a block is evaluated', async () => (await json(`/api/v1/alerts?before=${2 ** 32 - 1 - asked++}`))?.evaluated?.hash === hash),
    stop: () => new Promise((resolve) => (program.exitCode === null ? program.once('exit', resolve).kill('SIGTERM') : resolve())),
  }
}
