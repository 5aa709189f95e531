import type { SendOptions } from '@phone-auth/core/adapters'
import twilio, { type Twilio } from 'twilio'
import { AbortableHttpClient } from './http-client.ts'
import { proxyProblem } from './proxy.ts'

/**
 * Access to Twilio: the account SID with an auth token or an API key, or a custom client.
 *
 * Requests use the proxy in the environment variables `HTTPS_PROXY` and `NO_PROXY`. A custom client
 * uses its own proxy and timeouts. Its requests are not aborted when the caller stops waiting.
 */
export type TwilioAccess =
  | {
      readonly client: Twilio
      readonly accountSid?: never
      readonly authToken?: never
      readonly apiKeySid?: never
      readonly apiKeySecret?: never
      readonly apiUrl?: never
    }
  | ({
      readonly client?: never
      /** `AC` followed by 32 hexadecimal digits. */
      readonly accountSid: string
      /**
       * The scheme and host to use instead of Twilio's, for a mock server or a gateway.
       * @defaultValue Twilio's API
       */
      readonly apiUrl?: string | undefined
    } & (
      | { readonly authToken: string; readonly apiKeySid?: never; readonly apiKeySecret?: never }
      | { readonly authToken?: never; readonly apiKeySid: string; readonly apiKeySecret: string }
    ))

/**
 * Runs `work` with a client. Requests are aborted with the call, except those of a custom client.
 */
export type Connection = <Result>(options: SendOptions, work: (client: Twilio) => Promise<Result>) => Promise<Result>

/** The problems of the access, one sentence each; empty if there are none. */
export function accessProblems(access: TwilioAccess): string[] {
  const { client, ...credentials } = access
  const given = Object.entries(credentials).filter(([name, value]) => CREDENTIALS.has(name) && value !== undefined)
  if (client !== undefined) {
    const problems: string[] = []
    if (typeof client.messages?.create !== 'function') problems.push('client must be a client of the twilio package.')
    if (given.length > 0)
      problems.push(`client has its own credentials. Remove ${given.map(([name]) => name).join(', ')}.`)
    // At this level the client prints every request, and each request contains a code.
    if (client.opts?.logLevel === 'debug')
      problems.push('client must not have logLevel "debug", which prints every message and its code.')
    return problems
  }
  const { accountSid, authToken, apiKeySid, apiKeySecret, apiUrl } = access
  const problems: string[] = []
  if (!isSid(accountSid, 'AC')) problems.push('accountSid must be AC followed by 32 hexadecimal digits.')
  const isKey = apiKeySid !== undefined || apiKeySecret !== undefined
  if (isKey && authToken !== undefined) problems.push('set either authToken, or apiKeySid and apiKeySecret, not both.')
  if (isKey && !isSid(apiKeySid, 'SK')) problems.push('apiKeySid must be SK followed by 32 hexadecimal digits.')
  const [name, secret] = isKey ? ['apiKeySecret', apiKeySecret] : ['authToken', authToken]
  if (typeof secret !== 'string' || secret === '')
    problems.push(`${name} is required. Copy it from the Twilio console.`)
  if (apiUrl !== undefined && !isHttpUrl(apiUrl)) problems.push('apiUrl must be an http(s) URL.')
  problems.push(...proxyProblem(apiUrl ?? TWILIO_API))
  return problems
}

const TWILIO_API = 'https://api.twilio.com'

const CREDENTIALS: ReadonlySet<string> = new Set(['accountSid', 'authToken', 'apiKeySid', 'apiKeySecret', 'apiUrl'])

/** Whether `value` is a Twilio SID with the prefix `kind`. */
export function isSid(value: unknown, kind: string): boolean {
  return typeof value === 'string' && new RegExp(`^${kind}[0-9a-fA-F]{32}$`).test(value)
}

/** Whether `value` is an absolute HTTP or HTTPS URL. */
export function isHttpUrl(value: unknown): boolean {
  return /^https?:$/.test(URL.parse(String(value))?.protocol ?? '')
}

/** Prepares the connection to Twilio. Sends nothing before the first call. */
export function connect(access: TwilioAccess, maxInFlight: number): Connection {
  const { client } = access
  if (client !== undefined) return (_, work) => work(client)
  const { accountSid, apiUrl, authToken, apiKeySid, apiKeySecret } = access
  const httpClient = new AbortableHttpClient(maxInFlight, apiUrl)
  const defaultClient = twilio(apiKeySid ?? accountSid, apiKeySecret ?? authToken, { accountSid, httpClient })
  return ({ signal }, work) => httpClient.abortable(signal, () => work(defaultClient))
}
