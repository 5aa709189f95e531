import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

const CONNECT_TIMEOUT_MS = 3_000

/** The `code` of the error for a connection that was not established in time. Nothing was sent. */
export const CONNECT_TIMEOUT = 'CONNECT_TIMEOUT'

/** Calls `giveUp` unless the returned function is called within three seconds. */
export function connectingTimer(giveUp: (error: Error) => void): () => void {
  const timer = setTimeout(() => {
    const error = new Error(`Twilio could not be reached within ${CONNECT_TIMEOUT_MS / 1000} s.`)
    giveUp(Object.assign(error, { code: CONNECT_TIMEOUT }))
  }, CONNECT_TIMEOUT_MS)
  return () => clearTimeout(timer)
}

type WithConnections = { createConnection: (...input: never[]) => unknown }

/** Makes an agent give up connections that are not established in time. */
export function limitConnecting<Agent extends HttpAgent | HttpsAgent>(agent: Agent): Agent {
  const own = agent as unknown as WithConnections
  const connect = own.createConnection.bind(agent)
  own.createConnection = (...input) => {
    const socket = connect(...input) as Socket
    if (socket instanceof TLSSocket || socket.connecting) giveUpUnlessConnected(socket)
    return socket
  }
  return agent
}

function giveUpUnlessConnected(socket: Socket): void {
  const stop = connectingTimer((error) => socket.destroy(error))
  socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', stop)
  socket.once('close', stop)
}
