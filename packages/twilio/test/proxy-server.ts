import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import selfsigned from 'selfsigned'

/** What the proxy does with one request to connect. */
export type ProxyBehaviour = 'tunnel' | 'hang' | 'reset' | number

/** A local proxy server. It connects every host to one port of this machine. */
export class ProxyServer {
  /** The requests to connect: the host with its port, and the credentials. */
  readonly seen: { host: string | undefined; authorization: string | undefined }[] = []
  /** All bytes from clients that passed the proxy. */
  passed = ''
  behaviour: ProxyBehaviour = 'tunnel'
  readonly #target: number
  readonly #open = new Set<Socket>()
  #changed: () => void = () => undefined
  readonly #server: Server = createServer().on('connect', ({ url: host, headers }, client: Socket) => {
    this.seen.push({ host, authorization: headers['proxy-authorization'] })
    this.#open.add(client)
    client
      .on('error', () => undefined)
      .on('close', () => {
        this.#open.delete(client)
        this.#changed()
      })
    this.#changed()
    if (this.behaviour === 'reset') client.resetAndDestroy()
    else if (typeof this.behaviour === 'number') client.end(`HTTP/1.1 ${this.behaviour} No\r\n\r\nnot Twilio`)
    else if (this.behaviour === 'tunnel') this.#tunnel(client)
    else client.resume().on('end', () => client.end())
  })

  private constructor(target: number) {
    this.#target = target
  }

  static async start(target: number): Promise<ProxyServer> {
    const proxy = new ProxyServer(target)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  /** The URL without its scheme. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Resolves when `count` requests to connect have arrived. */
  async arrived(count: number): Promise<void> {
    while (this.seen.length < count) await this.#change()
  }

  /** Resolves when no client is connected any more. */
  async abandoned(): Promise<void> {
    while (this.#open.size > 0) await this.#change()
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #tunnel(client: Socket): void {
    client.write('HTTP/1.1 200 Connected\r\n\r\n')
    client.on('data', (part: Buffer) => {
      this.passed += part.toString('latin1')
    })
    const target = connect(this.#target, '127.0.0.1')
    target.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('close', () => target.destroy())
    client.pipe(target).pipe(client)
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve
    })
  }
}

/** A server that ends TLS in front of a local port, for some hosts, and its certificate. */
export async function startTls(hosts: readonly string[], target: number): Promise<{ server: TlsServer; ca: string }> {
  const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: hosts[0] ?? '' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) }],
  })
  const server = createTlsServer({ key, cert }, (client) => {
    const inner = connect(target, '127.0.0.1')
    inner.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('error', () => undefined).on('close', () => inner.destroy())
    client.pipe(inner).pipe(client)
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, ca: cert }
}
