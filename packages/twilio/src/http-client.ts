import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import twilio, { type RequestClient } from 'twilio'

const CONNECT_TIMEOUT_MS = 3_000
const TOTAL_TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 1024 * 1024

/** The `code` of the error for a connection that was not established in time. Nothing was sent. */
export const CONNECT_TIMEOUT = 'CONNECT_TIMEOUT'

/**
 * Twilio's HTTP client, extended: stops connecting after three seconds, and aborts a request with
 * the signal of its caller.
 */
export class AbortableHttpClient extends twilio.RequestClient {
  readonly #signals = new AsyncLocalStorage<AbortSignal>()
  readonly #apiUrl: string | undefined

  /** `apiUrl` replaces the scheme and host of Twilio's URLs. */
  constructor(maxSockets: number, apiUrl: string | undefined) {
    super({ timeout: TOTAL_TIMEOUT_MS, maxSockets, maxTotalSockets: maxSockets })
    this.#apiUrl = apiUrl?.replace(/\/+$/, '')
    const { defaults, interceptors } = this.axios
    defaults.httpAgent = new HttpAgent({ keepAlive: true, maxSockets })
    defaults.maxContentLength = MAX_ANSWER_BYTES
    for (const agent of [defaults.httpAgent, defaults.httpsAgent]) limitConnecting(agent)
    interceptors.request.use((config) => {
      const signal = this.#signals.getStore()
      return signal === undefined ? config : Object.assign(config, { signal })
    })
  }

  /** Runs `work` and aborts its requests with `signal`. */
  abortable<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    return this.#signals.run(signal, work)
  }

  override request: RequestClient['request'] = (options) => {
    const uri = this.#apiUrl === undefined ? options.uri : options.uri.replace(/^https:\/\/[^/]+/, this.#apiUrl)
    return super.request({ ...options, uri })
  }
}

type WithConnections = { createConnection: (...input: never[]) => unknown }

// With a proxy in the environment, the agent is that of the proxy, and this limit does not apply.
function limitConnecting(agent: unknown): void {
  if (!(agent instanceof HttpAgent || agent instanceof HttpsAgent)) return
  const own = agent as unknown as WithConnections
  const connect = own.createConnection.bind(agent)
  own.createConnection = (...input) => {
    const socket = connect(...input)
    giveUpUnlessConnected(socket as Socket)
    return socket
  }
}

function giveUpUnlessConnected(socket: Socket): void {
  const timer = setTimeout(() => {
    const error = new Error(`Twilio could not be reached within ${CONNECT_TIMEOUT_MS / 1000} s.`)
    socket.destroy(Object.assign(error, { code: CONNECT_TIMEOUT }))
  }, CONNECT_TIMEOUT_MS)
  const stop = () => clearTimeout(timer)
  socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', stop)
  socket.once('close', stop)
}
