// A pool that takes a short chain over, and the rules by which that is worth a warning.

/** Windows of a few blocks, and few rules: 11 of 20 blocks are more than a third, and 14 more than half, certain enough. */
const OFF = ['nakamoto', 'hhi', 'hhi_rise', 'streak', 'hashrate', 'reorg']
/** The text of a configuration that sends mails to this server. */
export const config = (mail) => (origin) => `
[site]
url = "${origin}"
proxies = ["127.0.0.1"]
[follow]
retry_seconds = 1
[alerts.mail]
host = "localhost"
port = ${mail.port}
security = "none"
from = "hashwatch <alerts@watch.example>"
[alerts.share]
window = 20
calm = 3
confidence = 0.95
levels = [0.3333333333333333, 0.5]
${OFF.map((rule) => `[alerts.${rule}]\nenabled = false\n`).join('')}`

/** The pool that takes over, and one of the others. */
export const ITS = '/ViaBTC/'
export const SUBJECT = 'pool:viabtc'
export const ANOTHER = 'pool:whitepool'
const OTHERS = ['/SBICrypto.com Pool/', '/WhitePool/', '/KuCoinPool/', 'OCEAN.XYZ', '/NovaBlock/']
/** Tags of so many blocks. */
export const others = (count) => Array.from({ length: count }, (_, place) => OTHERS[place % OTHERS.length])
export const its = (count) => Array(count).fill(ITS)
