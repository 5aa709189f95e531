import type { AgentOptions, ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { HttpsProxyAgent, type HttpsProxyAgentOptions } from 'https-proxy-agent'
import { getProxyForUrl } from 'proxy-from-env'
import { connectingTimer } from './connecting.ts'

/** The `code` of the error for a proxy that cannot be used. Nothing was sent. */
export const PROXY_FAILED = 'PROXY_FAILED'

// Or `https:`; the options of the agent have a usable type for one of the two only.
type Uri = `http:${string}`

/** The proxy for a URL, according to `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. */
export function proxyFor(url: string): Uri | null {
  return (getProxyForUrl(url) as Uri) || null
}

/** The problem of the proxy for a URL, in one sentence without its password; empty if none. */
export function proxyProblem(url: string): string[] {
  const proxy = proxyFor(url)
  if (proxy === null || /^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) return []
  return [
    'the proxy of the environment (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY) must be an http(s) URL such as http://proxy.example.com:3128.',
  ]
}

/**
 * An agent that connects through a proxy. It gives up like a direct connection, and what the proxy
 * answers is not taken for an answer of Twilio.
 */
export class ProxyAgent extends HttpsProxyAgent<Uri> {
  readonly #ca: Buffer | undefined

  /** `ca`: the certificates that Twilio's certificate may be signed with, if not the usual ones. */
  constructor(proxy: Uri, options: AgentOptions, ca: Buffer | undefined) {
    super(proxy, options as HttpsProxyAgentOptions<Uri>)
    this.#ca = ca
  }

  override async connect(...[request, options]: Parameters<HttpsProxyAgent<Uri>['connect']>): Promise<Socket> {
    const waiting = new AbortController()
    const stop = connectingTimer((error) => waiting.abort(error))
    // The superclass passes these options to the socket, which the signal destroys.
    this.connectOpts = Object.assign({ ...this.connectOpts }, { signal: waiting.signal })
    const status = statusOf(request)
    try {
      const socket = await super.connect(request, { ...options, ca: this.#ca } as typeof options)
      if (status() === 200) return socket
      socket.destroy()
      throw new Error(`The proxy answered with HTTP status ${status()}.`)
    } catch (error) {
      throw waiting.signal.aborted ? waiting.signal.reason : proxyError(error)
    } finally {
      stop()
    }
  }
}

function statusOf(request: ClientRequest): () => number {
  let status = 0
  request.once('proxyConnect', (answer: { statusCode: number }) => {
    status = answer.statusCode
  })
  return () => status
}

function proxyError(error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException
  return Object.assign(new Error(message), { code: code === 'ECONNREFUSED' ? code : PROXY_FAILED })
}
