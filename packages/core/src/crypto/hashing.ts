import { toBase64Url } from './bytes.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** An HMAC-SHA-256 key. */
export interface MacKey {
  sign(message: Bytes): Bytes | Promise<Bytes>
}

/** The part of `node:crypto` that this file uses. */
interface NativeCrypto {
  createSecretKey(key: Bytes): object
  createHmac(algorithm: 'sha256', key: object): { update(message: Bytes): { digest(): Bytes } }
  hash(algorithm: 'sha256', data: Bytes, encoding: 'base64url'): string
}

// WebCrypto computes each hash on another thread, which takes ten times the work of hashing a short
// message. Node.js, Bun and Deno also have synchronous functions. Other runtimes use WebCrypto.
const { process } = globalThis as { process?: { getBuiltinModule?(name: string): NativeCrypto | undefined } }
const native = process?.getBuiltinModule?.('node:crypto')

/** Creates an HMAC-SHA-256 key from 32 bytes. */
export async function macKey(bytes: Bytes): Promise<MacKey> {
  return native === undefined ? webMacKey(bytes) : nativeMacKey(native, bytes)
}

/** {@link macKey} with `node:crypto`. */
export function nativeMacKey({ createSecretKey, createHmac }: NativeCrypto, bytes: Bytes): MacKey {
  const key = createSecretKey(bytes)
  return { sign: (message) => createHmac('sha256', key).update(message).digest() }
}

/** {@link macKey} with WebCrypto. */
export async function webMacKey(bytes: Bytes): Promise<MacKey> {
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return { sign: async (message) => new Uint8Array(await crypto.subtle.sign('HMAC', key, message)) }
}

/** SHA-256 of `bytes`, in base64url. */
export async function sha256(bytes: Bytes): Promise<string> {
  return native === undefined ? webSha256(bytes) : native.hash('sha256', bytes, 'base64url')
}

/** {@link sha256} with WebCrypto. */
export async function webSha256(bytes: Bytes): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
