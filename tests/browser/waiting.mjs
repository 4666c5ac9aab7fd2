// What tests that start programs of their own wait for, and where these may listen.

import { createServer } from 'node:net'

/** Asks until there is an answer, and gives it. */
export async function until(what, ask, seconds = 60) {
  const end = Date.now() + seconds * 1_000
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
