// A real bitcoind on regtest for one test, and blocks on it that a pool's tag signs. The program is $BITCOIND, or what
// tests/fetch-bitcoind.sh fetched. What its chain means is left to the tests.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { freePort, until } from './waiting.mjs'

/** Regtest's target, which lets every second hash through. */
const BITS = 0x207fffff
const HALVING_INTERVAL = 150
const SUBSIDY = 50n * 100_000_000n
/** A script that everybody can spend. */
const ANYONE = Buffer.from([0x51])

const hash = (bytes) => createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()

function number(value, bytes) {
  const written = Buffer.alloc(bytes)
  written.writeUIntLE(value, 0, bytes)
  return written
}

/** A height at the front of a coinbase's script (BIP 34): OP_1 to OP_16 for the lowest, else pushed with as few bytes as it has. */
function pushed(height) {
  if (height <= 16) return Buffer.from([0x50 + height])
  const bytes = height < 0x80 ? 1 : height < 0x8000 ? 2 : 3
  return Buffer.concat([Buffer.from([bytes]), number(height, bytes)])
}

function coinbase(height, tag) {
  const script = Buffer.concat([pushed(height), Buffer.from(tag)])
  const value = Buffer.alloc(8)
  value.writeBigUInt64LE(SUBSIDY >> BigInt(Math.floor(height / HALVING_INTERVAL)))
  const input = [Buffer.alloc(32), Buffer.alloc(4, 0xff), Buffer.from([script.length]), script, Buffer.alloc(4, 0xff)]
  const output = [value, Buffer.from([ANYONE.length]), ANYONE]
  return Buffer.concat([number(2, 4), Buffer.from([1]), ...input, Buffer.from([1]), ...output, Buffer.alloc(4)])
}

/** A block with nothing but its coinbase. */
function block(parent, height, time, tag) {
  const transaction = coinbase(height, tag)
  const front = [number(0x20000000, 4), Buffer.from(parent, 'hex').reverse(), hash(transaction), number(time, 4), number(BITS, 4)]
  for (let nonce = 0; ; nonce++) {
    const header = Buffer.concat([...front, number(nonce, 4)])
    const found = hash(header).reverse()
    if (found[0] < 0x7f) {
      return { hash: found.toString('hex'), bytes: Buffer.concat([header, Buffer.from([1]), transaction]) }
    }
  }
}

/** Starts a node in this folder. `mine(tag)` puts a block on its tip, and gives its hash. */
export async function startRegtest(folder) {
  const [rpc, peers] = [await freePort(), await freePort()]
  await mkdir(folder)
  const node = spawn(
    process.env.BITCOIND ?? '.parts/bitcoind/bitcoind',
    [
      ...['-regtest', `-datadir=${folder}`, '-server=1', '-rest=1', '-rpcbind=127.0.0.1', '-rpcallowip=127.0.0.1', `-rpcport=${rpc}`],
      ...['-listen=1', '-listenonion=0', '-discover=0', '-dnsseed=0', '-fixedseeds=0', '-natpmp=0', '-connect=0'],
      ...[`-bind=127.0.0.1:${peers}`, '-disablewallet=1', '-printtoconsole=0', '-par=1', '-dbcache=32', '-maxtipage=3153600000'],
    ],
    { stdio: 'ignore' },
  )
  const [url, cookie] = [`http://127.0.0.1:${rpc}`, join(folder, 'regtest', '.cookie')]
  const call = async (method, ...params) => {
    const authorization = `Basic ${Buffer.from(readFileSync(cookie)).toString('base64')}`
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body: JSON.stringify({ method, params }) })
    const { result, error } = await answer.json()
    if (error) throw new Error(`${method}: ${error.message}`)
    return result
  }
  await until('bitcoind answers', async () => {
    if (node.exitCode !== null) throw new Error(`bitcoind ended with ${node.exitCode}`)
    return call('getblockcount').then(
      () => true,
      () => false,
    )
  })
  let [height, tip] = [0, await call('getbestblockhash')]
  // so recent that nothing of it is history
  const start = Math.floor(Date.now() / 1000) - 20 * 3_600
  return {
    url,
    cookie,
    tip: () => tip,
    async mine(...tags) {
      for (const tag of tags) {
        const made = block(tip, height + 1, start + (height + 1) * 60, tag)
        const refused = await call('submitblock', made.bytes.toString('hex'))
        if (refused !== null) throw new Error(`block ${height + 1} is refused: ${refused}`)
        height += 1
        tip = made.hash
      }
      return tip
    },
    stop: () => new Promise((resolve) => (node.exitCode === null ? node.once('exit', resolve).kill('SIGKILL') : resolve())),
  }
}
