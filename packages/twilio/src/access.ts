import type { SendOptions } from '@phone-auth/core'
import twilio, { type Twilio } from 'twilio'
import { AbortableHttpClient } from './http-client.ts'

/** How Twilio is reached: with a client of your own, or with an account's auth token or API key, of which a client is made. */
export type TwilioAccess = (
  | { readonly client: Twilio }
  | { readonly accountSid: string; readonly authToken: string }
  | { readonly accountSid: string; readonly apiKeySid: string; readonly apiKeySecret: string }
) & {
  /**
   * Scheme and host in place of Twilio's own, for a mock server or a gateway. Not for a client of your own.
   * @defaultValue Twilio's API
   */
  readonly apiUrl?: string
}

/** Does `work` with a client; where the client was made here, its requests are aborted with the call. */
export type Connection = <Result>(options: SendOptions, work: (client: Twilio) => Promise<Result>) => Promise<Result>

/** What is wrong with the access, one sentence each; empty if nothing is. */
export function accessProblems(access: Partial<Record<string, unknown>>): string[] {
  if (access.client !== undefined) {
    // At that level the client prints every request, and so every code.
    const { logLevel } = (access.client as { opts?: { logLevel?: string } }).opts ?? {}
    return logLevel === 'debug' ? ['client must not have logLevel "debug", which prints every message.'] : []
  }
  const problems: string[] = []
  if (!isSid(access.accountSid, 'AC')) problems.push(`accountSid must be AC and 32 hexadecimal digits.`)
  const isKey = access.apiKeySid !== undefined || access.apiKeySecret !== undefined
  if (isKey && !isSid(access.apiKeySid, 'SK')) problems.push('apiKeySid must be SK and 32 hexadecimal digits.')
  const [name, secret] = isKey ? ['apiKeySecret', access.apiKeySecret] : ['authToken', access.authToken]
  if (typeof secret !== 'string' || secret === '') problems.push(`${name} is required: see the Twilio console.`)
  if (access.apiUrl !== undefined && !/^https?:$/.test(URL.parse(String(access.apiUrl))?.protocol ?? '')) {
    problems.push('apiUrl must be an http(s) URL.')
  }
  return problems
}

/** Whether `value` is a Twilio id of a kind. */
export function isSid(value: unknown, kind: string): boolean {
  return typeof value === 'string' && new RegExp(`^${kind}[0-9a-fA-F]{32}$`).test(value)
}

/** Connects to Twilio; nothing is sent before the first call. */
export function connect(access: TwilioAccess, maxInFlight: number): Connection {
  if ('client' in access) return (_, work) => work(access.client)
  const httpClient = new AbortableHttpClient(maxInFlight, access.apiUrl)
  const { accountSid } = access
  const client =
    'authToken' in access
      ? twilio(accountSid, access.authToken, { httpClient })
      : twilio(access.apiKeySid, access.apiKeySecret, { accountSid, httpClient })
  return ({ signal }, work) => httpClient.abortable(signal, () => work(client))
}
