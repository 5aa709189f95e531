import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { closing } from '../src/closing.ts'

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const HALF_BODY = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab'

let server: Server
let close: () => Promise<void>
/** The responses that wait for the test to end them. */
let waiting: ServerResponse[]
let sockets: Socket[]
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  waiting = []
  sockets = []
  server = createServer(async (request, response) => {
    try {
      for await (const _ of request);
      if (request.url === '/slow') waiting.push(response)
      else response.end('done')
    } catch {
      // The client or the deadline ended the request.
    }
  })
  close = closing(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  vi.useRealTimers()
  for (const socket of sockets) socket.destroy()
})

/** A connection on which `text` was sent, with what came back and how it ended. */
async function client(text: string) {
  const arrived = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  sockets.push(socket)
  let received = ''
  socket.on('error', () => undefined).setEncoding('utf8')
  const ended = new Promise<string>((resolve) => socket.on('close', () => resolve(received)))
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (part) => {
      received += part
      resolve()
    })
  })
  const inner = await arrived
  if (text !== '') {
    const read = new Promise((resolve) => inner.once('data', resolve))
    socket.write(text)
    await read
  }
  return { socket, answered, ended, received: () => received }
}

/** Lets everything happen that does not need time. */
const settle = async () => {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('closing a server', () => {
  it('REL-23 closes at once connections that are new, have a part of a head, or are idle', async () => {
    const clients = [await client(''), await client('GET / HT'), await client('GET / HTTP/1.1\r\nHost: x\r\n')]
    const idle = await client(GET)
    await idle.answered
    await close()
    expect(await Promise.all(clients.map(({ ended }) => ended))).toEqual(['', '', ''])
    expect(await idle.ended).toMatch(/^HTTP\/1\.1 200/)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('REL-23 answers the requests that have arrived, also after the deadline, and then closes', async () => {
    const slow = await client('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
    await vi.waitUntil(() => waiting.length === 1)
    let isClosed = false
    const closed = close().then(() => {
      isClosed = true
    })
    await vi.advanceTimersByTimeAsync(20_000)
    await settle()
    expect([isClosed, slow.received()]).toEqual([false, ''])
    waiting[0]?.end('late')
    expect(await slow.ended).toMatch(/late/)
    await closed
  })

  it('REL-23 gives clients ten seconds to complete a body, and closes what is unfinished then', async () => {
    const [finishing, hanging] = [await client(HALF_BODY), await client(HALF_BODY)]
    const requests = await client(HALF_BODY.replace('POST', 'PUT'))
    let isClosed = false
    const closed = close().then(() => {
      isClosed = true
    })
    await vi.advanceTimersByTimeAsync(9_999)
    finishing.socket.write('cd')
    expect(await finishing.ended).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*done$/)
    await settle()
    expect([isClosed, hanging.socket.destroyed, requests.socket.destroyed]).toEqual([false, false, false])
    await vi.advanceTimersByTimeAsync(1)
    await closed
    expect(await Promise.all([hanging.ended, requests.ended])).toEqual(['', ''])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('REL-23 answers every request of a connection that has sent several', async () => {
    const slow = await client(`GET /slow HTTP/1.1\r\nHost: x\r\n\r\n${GET}`)
    await vi.waitUntil(() => waiting.length === 1)
    const closed = close()
    waiting[0]?.end('first')
    expect(await slow.ended).toMatch(/first[\s\S]*done/)
    await closed
  })

  it('REL-23 takes no further requests on a connection that is never idle', async () => {
    const busy = await client('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
    await vi.waitUntil(() => waiting.length === 1)
    const closed = close()
    const read = new Promise((resolve) => server.once('request', resolve))
    busy.socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
    await read
    busy.socket.write(GET)
    waiting[0]?.end('first')
    await vi.waitUntil(() => waiting.length === 2)
    waiting[1]?.end('last')
    expect(await busy.ended).toMatch(/first[\s\S]*connection: close[\s\S]*last$/i)
    await closed
  })

  it('REL-23 is not held up by clients that go away', async () => {
    const [half, slow] = [await client(HALF_BODY), await client('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')]
    const closed = close()
    for (const { socket } of [half, slow]) socket.destroy()
    await closed
    expect(vi.getTimerCount()).toBe(0)
  })
})
