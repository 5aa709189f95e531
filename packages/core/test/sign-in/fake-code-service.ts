import type {
  CodeCheck,
  CodeRequest,
  CodeService,
  CodeVerdict,
  PhoneAuthOptions,
  SendOptions,
} from '../../src/index.ts'
import { setup } from '../setup.ts'

/** A code service as Twilio Verify is: one open code for each number, five checks of it, and gone once it was right. */
class FakeCodeService implements CodeService {
  readonly started: CodeRequest[] = []
  readonly checked: CodeCheck[] = []
  readonly options: SendOptions[] = []
  /** What happens in place of the next calls, if anything. */
  startFails: (() => Promise<never>) | null = null
  checkFails: (() => Promise<never>) | null = null
  readonly #open = new Map<string, { readonly code: string; checks: number }>()
  #made = 0

  async start(request: CodeRequest, options: SendOptions) {
    this.started.push(request)
    this.options.push(options)
    if (this.startFails !== null) return this.startFails()
    if (!this.#open.has(request.to)) {
      this.#made += 1
      this.#open.set(request.to, { code: String(400_000 + this.#made * 7), checks: 0 })
    }
    return { messageId: `VE${this.started.length}`, status: 'pending' }
  }

  async check({ to, code }: CodeCheck, options: SendOptions): Promise<CodeVerdict> {
    this.checked.push({ to, code })
    this.options.push(options)
    if (this.checkFails !== null) return this.checkFails()
    const open = this.#open.get(to)
    if (open === undefined) return 'gone'
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
    else this.#open.set(to, { code, checks: 0 })
  }
}

/** A world of its own whose codes a service makes. */
export function setupWithService(options: Partial<PhoneAuthOptions> = {}) {
  const service = new FakeCodeService()
  return { ...setup({ smsSender: undefined, codeService: service, ...options }), service }
}
