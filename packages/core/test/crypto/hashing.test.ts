import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { macKey, nativeMacKey, sha256, webMacKey, webSha256 } from '../../src/crypto/hashing.ts'

const KEY = new Uint8Array(32).map((_, index) => index)
const MESSAGES = [new Uint8Array(), new TextEncoder().encode('a message'), new Uint8Array(1000).fill(255)]

describe('hashing', () => {
  it('gives the same results with WebCrypto and with node:crypto', async () => {
    const native = nativeMacKey(process.getBuiltinModule('node:crypto') as never, KEY)
    for (const message of MESSAGES) {
      const expected = createHmac('sha256', KEY).update(message).digest('hex')
      for (const key of [native, await webMacKey(KEY), await macKey(KEY)]) {
        expect(Buffer.from(await key.sign(message)).toString('hex')).toBe(expected)
      }
      const digest = createHash('sha256').update(message).digest('base64url')
      expect([await sha256(message), await webSha256(message)]).toEqual([digest, digest])
    }
  })
})
