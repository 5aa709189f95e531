import type { CodeCheck, CodeRequest, CodeService, CodeVerdict, SendOptions } from '../../src/adapters.ts'
import type { PhoneAuthOptions } from '../../src/index.ts'
import { setup } from '../setup.ts'

/**
 * A code service as Twilio Verify is: one open verification for each number, five checks of it, and
 * gone once the code was right.
 */
class FakeCodeService implements CodeService {
  readonly started: CodeRequest[] = []
  readonly checked: CodeCheck[] = []
  readonly options: SendOptions[] = []
  /** What happens in place of the next calls, if anything. */
  startFails: (() => Promise<never>) | null = null
  checkFails: (() => Promise<never>) | null = null
  readonly #open = new Map<string, { readonly handle: string; readonly code: string; checks: number }>()
  #made = 0

  async start(request: CodeRequest, options: SendOptions) {
    this.started.push(request)
    this.options.push(options)
    if (this.startFails !== null) return this.startFails()
    const open = this.#open.get(request.to) ?? this.#make(request.to, String(400_007 + this.#made * 7))
    return { messageId: `message-${this.started.length}`, handle: open.handle, status: 'pending' }
  }

  async check({ to, handle, code }: CodeCheck, options: SendOptions): Promise<CodeVerdict> {
    this.checked.push({ to, handle, code })
    this.options.push(options)
    if (this.checkFails !== null) return this.checkFails()
    const open = this.#open.get(to)
    if (open === undefined || (handle !== null && handle !== open.handle)) return 'gone'
    if (open.checks >= 5) return 'spent'
    open.checks += 1
    if (open.code !== code) return 'wrong'
    this.#open.delete(to)
    return 'approved'
  }

  /** The code that a number was sent. */
  codeFor(to: string): string {
    return this.#open.get(to)?.code ?? ''
  }

  /** Opens a code that the library did not ask for, or forgets one. */
  set(to: string, code: string | null): void {
    if (code === null) this.#open.delete(to)
    else this.#make(to, code)
  }

  #make(to: string, code: string) {
    this.#made += 1
    const made = { handle: this.#open.get(to)?.handle ?? `verification-${this.#made}`, code, checks: 0 }
    this.#open.set(to, made)
    return made
  }
}

/** A world of its own whose codes a service makes. */
export function setupWithService(options: Partial<PhoneAuthOptions> = {}) {
  const service = new FakeCodeService()
  return { ...setup({ smsSender: undefined, codeService: service, ...options }), service }
}
