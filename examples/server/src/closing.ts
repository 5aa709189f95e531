import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

const DEADLINE_MS = 10_000

/**
 * Returns a function that closes `server`, whatever its clients do. Call it before the server
 * listens.
 *
 * The returned function resolves when every connection is closed. Requests that have arrived are
 * answered. Connections without a request, also those with a part of a head, are closed at once.
 * Clients have ten seconds to complete a body that they are sending.
 */
export function closing(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>()
  const underWay = new Set<IncomingMessage>()
  let isClosing = false

  const closeIdle = () => {
    const busy = new Set([...underWay].map(({ socket }) => socket))
    for (const socket of sockets) if (!busy.has(socket)) socket.destroy()
  }
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', (request, response) => {
    underWay.add(request)
    // The last one of a connection that would otherwise never be idle.
    if (isClosing) response.setHeader('connection', 'close')
    response.once('close', () => {
      underWay.delete(request)
      if (isClosing) closeIdle()
    })
  })
  return async () => {
    isClosing = true
    const closed = new Promise((resolve) => server.close(resolve))
    closeIdle()
    const deadline = setTimeout(() => {
      for (const { complete, socket } of underWay) if (!complete) socket.destroy()
    }, DEADLINE_MS)
    await closed
    clearTimeout(deadline)
  }
}
