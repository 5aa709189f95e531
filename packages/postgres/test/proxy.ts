import { connect as connectTo, createServer, type Server, type Socket } from 'node:net'

/** A connection between the stores and the server that a test can cut. */
export interface Proxy {
  /** The URL of the server through the proxy. */
  readonly url: string
  /** Whether new connections are accepted. */
  isOpen: boolean
  /**
   * Receives what the client sends. Returns whether the server gets it, and whether the connection
   * is cut then.
   */
  onSend: (data: Buffer) => { readonly isForwarded: boolean; readonly isCut: boolean }
  close(): Promise<void>
}

const passing = () => ({ isForwarded: true, isCut: false })

/** Starts a proxy for the server at `target`. */
export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const server: Server = createServer((client) => {
    if (!proxy.isOpen) {
      client.destroy()
      return
    }
    const upstream = connectTo(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    let isCut = false
    client.on('data', (data) => {
      const verdict = proxy.onSend(data)
      if (verdict.isCut) isCut = true
      // The connection to the server stays open, so that the server processes what it received.
      if (verdict.isForwarded) upstream.write(data)
      if (isCut) client.destroy()
    })
    upstream.on('data', (data) => {
      if (!isCut) client.write(data)
    })
    client.on('close', () => {
      if (!isCut) upstream.destroy()
    })
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(target)
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`
  const proxy: Proxy = {
    url: url.href,
    isOpen: true,
    onSend: passing,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}
