// The mail server of tests (tests/mail/server.py), and mails as a reader's program takes them apart. The Python with its packages is
// $MAIL_PYTHON, or what tests/venv.sh made.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import { until } from './waiting.mjs'

function decoded(encoding, text) {
  if (encoding === 'base64') return Buffer.from(text, 'base64').toString()
  if (encoding !== 'quoted-printable') return text
  const bytes = text.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

/** Its headers by their names in small letters, and what it says: `parts` by their types. */
function read(text) {
  const end = text.indexOf('\r\n\r\n')
  const lines = text.slice(0, end).replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const type = (headers['content-type'] ?? 'text/plain').split(';')[0]
  const body = text.slice(end + 4)
  if (!type.startsWith('multipart/')) return { headers, parts: { [type]: decoded(headers['content-transfer-encoding'], body) } }
  const boundary = /boundary="?([^";]+)/.exec(headers['content-type'])[1]
  const parts = body.split(`--${boundary}`).slice(1, -1).map((part) => read(part.replace(/^\r\n/, '').replace(/\r\n$/, '')).parts)
  return { headers, parts: Object.assign({}, ...parts) }
}

/** Starts it. `to(address)` are the mails to an address so far, the first first; `next(address, count)` waits for that many. */
export async function startMail() {
  const python = process.env.MAIL_PYTHON ?? '.parts/mail/bin/python'
  const server = spawn(python, ['tests/mail/server.py', 'plain', '', '', '', ''], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [lines, mails] = [createInterface({ input: server.stdout }), []]
  const port = await new Promise((resolve, reject) => {
    lines.once('line', (line) => resolve(Number(line)))
    server.once('exit', (code) => reject(new Error(`the mail server ended with ${code}`)))
  })
  lines.on('line', (line) => {
    const mail = JSON.parse(line)
    mails.push({ ...mail, ...read(Buffer.from(mail.data, 'base64').toString()) })
  })
  const to = (address) => mails.filter((mail) => mail.to.includes(address))
  return {
    port,
    to,
    async next(address, count) {
      await until(`${count} mails to ${address}`, () => to(address).length >= count, 30)
      return to(address)[count - 1]
    },
    stop: () => new Promise((resolve) => (server.exitCode === null ? server.once('exit', resolve).kill('SIGKILL') : resolve())),
  }
}
