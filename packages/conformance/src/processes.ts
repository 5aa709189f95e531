/**
 * Stores in separate processes, for contracts that must hold across several processes. The parent
 * process calls them like local objects.
 *
 * @module @phone-auth/conformance/processes
 */

import { type ChildProcess, fork } from 'node:child_process'

interface Call {
  readonly id: number
  readonly object: string
  readonly method: string
  readonly input: readonly unknown[]
}

type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: Record<string, unknown> })

/** A process with objects that can be called by name. */
export interface RemoteProcess {
  /** Returns a proxy for the object `name`: each method calls the method in that process. */
  remote<Remote extends object>(name: string): Remote
  /** Ends the process immediately, without clean-up. Pending calls reject. */
  kill(): Promise<void>
}

/** Options for {@link startProcess}. */
export interface ProcessOptions {
  /** The arguments of the module: `process.argv` from index 2 on. */
  readonly args?: readonly string[]
  /** Options of Node.js itself. */
  readonly execArgv?: readonly string[]
}

/** Starts a process that runs `module`. Resolves when the module calls {@link serve}. */
export async function startProcess(
  module: URL,
  { args = [], execArgv = [] }: ProcessOptions = {},
): Promise<RemoteProcess> {
  const child = fork(module, args, { execArgv: [...execArgv], serialization: 'advanced' })
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  let lastId = 0
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      for (const { reject } of waiting.values()) reject(new Error('The process ended.'))
      waiting.clear()
      resolve()
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`The process ended with ${code} before it called serve.`)))
  })
  child.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('error' in reply) call?.reject(Object.assign(new Error(), reply.error))
    else call?.resolve(reply.result)
  })
  const call = (object: string, method: string, input: readonly unknown[]) =>
    new Promise((resolve, reject) => {
      lastId += 1
      waiting.set(lastId, { resolve, reject })
      child.send({ id: lastId, object, method, input } satisfies Call, (error) => {
        if (error !== null) reject(error)
      })
    })
  return {
    remote: <Remote extends object>(name: string) =>
      new Proxy({} as Remote, {
        // A proxy with a `then` method would be treated as a promise.
        get: (_, method) =>
          method === 'then' ? undefined : (...input: unknown[]) => call(name, String(method), input),
      }),
    kill: async () => {
      endNow(child)
      await exited
    },
  }
}

/** Lets the parent process call `objects` by name. */
export function serve(objects: Readonly<Record<string, object>>): void {
  process.on('message', (call: Call) => {
    const { id, object, method, input } = call
    const target = objects[object] as Record<string, (...input: readonly unknown[]) => unknown> | undefined
    Promise.resolve()
      .then(() => target?.[method]?.(...input))
      .then(
        (result) => process.send?.({ id, result } satisfies Reply),
        (error: unknown) => process.send?.({ id, error: plain(error) } satisfies Reply),
      )
  })
  // The parent process has ended, so there will be no more calls.
  process.once('disconnect', () => process.exit())
  process.send?.('ready')
}

function endNow(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
}

// A structured clone of an error loses its own properties, such as `code`.
function plain(error: unknown): Record<string, unknown> {
  const { name, message, stack } = error as Error
  return { name, message, stack, ...Object(error) }
}
