import type { OperationOptions } from '../options/operation.ts'

// The global of Node.js, Bun and Deno; other runtimes lack it.
declare const process: { readonly env: { readonly NODE_ENV?: string } }

/** Where the library runs; `unknown` if neither the options nor `NODE_ENV` say. */
export type Environment = 'production' | 'development' | 'unknown'

/** Whether `environment` is a value that the option can have. */
export function isEnvironment(environment: unknown): boolean {
  return ['production', 'development', 'test', undefined].includes(environment as string | undefined)
}

/** Returns where the library runs. Fails closed: every name that it does not know is production. */
export function environmentOf(option: OperationOptions['environment']): Environment {
  const name: unknown = option ?? nodeEnvironment()
  if (name === undefined) return 'unknown'
  return /^(development|test)$/i.test(String(name).trim()) ? 'development' : 'production'
}

/** Says why the library takes a surprising name for production; empty if the name is not one. */
export function productionReason(option: OperationOptions['environment']): string {
  const name = nodeEnvironment()
  if (option !== undefined || name?.trim().toLowerCase() === 'production') return ''
  return ` (NODE_ENV is "${name}", and every name but "development" and "test" counts as production)`
}

function nodeEnvironment(): string | undefined {
  try {
    // Written out: bundlers put the environment of the build in the place of this expression.
    return process.env.NODE_ENV
  } catch {
    return undefined
  }
}
