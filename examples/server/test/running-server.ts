import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Creates a temporary folder for one test. */
export function newFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'phone-auth-server-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** The server in a separate process, as `npm start` runs it. */
export class RunningServer {
  readonly #process: ChildProcess
  readonly #exited: Promise<number | null>
  #output = ''
  #changed: () => void = () => undefined

  constructor(folder: string, environment: Record<string, string> = {}) {
    this.#process = spawn(process.execPath, ['--conditions=@phone-auth/source', MAIN], {
      cwd: folder,
      env: { PATH: process.env.PATH, PORT: '0', ...environment },
    })
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
        this.#changed()
      })
    }
    this.#exited = new Promise((resolve) => {
      this.#process.once('close', (code) => {
        this.#changed()
        resolve(code)
      })
    })
  }

  /** Everything printed so far. */
  get output(): string {
    return this.#output
  }

  /** Resolves with the match of `pattern` once it is printed. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output)
      if (match !== null) return match
      if (this.#process.exitCode !== null)
        throw new Error(`The server exited without printing ${pattern}:\n${this.#output}`)
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  async url(): Promise<string> {
    return (await this.printed(/listens on (http:\/\/localhost:\d+)/))[1] ?? ''
  }

  /** Resolves with the code for a number, once more than `earlier` codes for it are printed. */
  async code(phoneNumber: string, earlier = 0): Promise<string> {
    const line = `SMS to \\${phoneNumber}: (\\S+) is your`
    await this.printed(new RegExp(`(${line}[\\s\\S]*){${earlier + 1}}`))
    return [...this.#output.matchAll(new RegExp(line, 'g'))].at(-1)?.[1] ?? ''
  }

  /** Kills the process, which cannot clean up. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exited
  }

  /** Asks the process to exit, and resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM')
    return this.#exited
  }

  /** Resolves with the exit code of a process that exits by itself. */
  exitCode(): Promise<number | null> {
    return this.#exited
  }
}

/** The fields of an answer that the tests read. */
interface Answer {
  readonly token: string
  readonly refresh_token: string
  readonly expires_in: number
  readonly error: { readonly code: string }
  readonly name?: string
}

/** Calls the API. */
export async function call(url: string, method: string, path: string, body?: unknown, token?: string) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer }
}
