import { isPhoneAuthError, StoreUnavailableError } from '../errors.ts'

/**
 * `store`, with every failure of its methods as a {@link StoreUnavailableError}: a store that throws has refused, and what it was asked
 * for is refused with it (OWASP ASVS 5 section 16.5.3: fail closed).
 */
export function guarded<Store extends object>(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return async (...input: unknown[]) => {
        try {
          return await member.apply(target, input)
        } catch (error) {
          throw isPhoneAuthError(error) ? error : new StoreUnavailableError(error)
        }
      }
    },
  })
}
