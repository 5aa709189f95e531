import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import twilio, { type RequestClient } from 'twilio'
import { limitConnecting } from './connecting.ts'
import { ProxyAgent, proxyFor } from './proxy.ts'

const TOTAL_TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 1024 * 1024

/** A call, which may make several requests. */
interface Call {
  readonly signal: AbortSignal
  /** How many seconds the last answer asked to wait. */
  retryAfterSeconds: number | null
}

/**
 * Twilio's HTTP client, extended: stops connecting after three seconds, aborts a request with the
 * signal of its caller, connects through the proxy of the environment, and adds to an error how
 * many seconds the answer asked to wait (`retryAfterSeconds`).
 */
export class AbortableHttpClient extends twilio.RequestClient {
  readonly #calls = new AsyncLocalStorage<Call>()
  readonly #apiUrl: string | undefined
  readonly #proxies = new Map<string, ProxyAgent>()

  /** `apiUrl` replaces the scheme and host of Twilio's URLs. */
  constructor(maxSockets: number, apiUrl: string | undefined) {
    super({ timeout: TOTAL_TIMEOUT_MS, maxSockets, maxTotalSockets: maxSockets })
    this.#apiUrl = apiUrl?.replace(/\/+$/, '')
    const { defaults, interceptors } = this.axios
    // As in Twilio's client, which uses no proxy but HTTP_PROXY, and that for everything.
    const bundle = process.env.TWILIO_CA_BUNDLE
    const ca = bundle === undefined ? undefined : readFileSync(bundle)
    const pool = { keepAlive: true, timeout: TOTAL_TIMEOUT_MS, maxSockets, maxTotalSockets: maxSockets }
    defaults.httpAgent = limitConnecting(new HttpAgent(pool))
    defaults.httpsAgent = limitConnecting(new HttpsAgent({ ...pool, ca }))
    defaults.maxContentLength = MAX_ANSWER_BYTES
    interceptors.request.use((config) => {
      const proxy = proxyFor(config.url ?? '')
      if (proxy !== null) {
        const agent = this.#proxies.get(proxy) ?? limitConnecting(new ProxyAgent(proxy, pool, ca))
        this.#proxies.set(proxy, agent)
        Object.assign(config, { httpAgent: agent, httpsAgent: agent })
      }
      const call = this.#calls.getStore()
      return call === undefined ? config : Object.assign(config, { signal: call.signal })
    })
  }

  /** Runs `work` and aborts its requests with `signal`. */
  async abortable<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const call: Call = { signal, retryAfterSeconds: null }
    try {
      return await this.#calls.run(call, work)
    } catch (error) {
      const { retryAfterSeconds } = call
      throw retryAfterSeconds === null ? error : Object.assign(error as object, { retryAfterSeconds })
    }
  }

  override request: RequestClient['request'] = async (options) => {
    const uri = this.#apiUrl === undefined ? options.uri : options.uri.replace(/^https:\/\/[^/]+/, this.#apiUrl)
    const response = await super.request({ ...options, uri })
    const call = this.#calls.getStore()
    if (call !== undefined) call.retryAfterSeconds = secondsOf(response.headers?.['retry-after'])
    return response
  }
}

/** The seconds of a `Retry-After` header (RFC 9110 section 10.2.3). */
function secondsOf(header: unknown): number | null {
  const text = String(header ?? '').trim()
  if (/^[0-9]{1,9}$/.test(text)) return Number(text)
  const until = Date.parse(text)
  return Number.isNaN(until) ? null : Math.max(0, Math.ceil((until - Date.now()) / 1000))
}
