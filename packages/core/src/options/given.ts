import { InvalidInputError } from '../errors/index.ts'

/**
 * Returns the options of a call. Callers without types may pass anything.
 *
 * @throws {@link InvalidInputError} if the options are not an object.
 */
export function given<Options>(options: Options): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidInputError('options', 'an object')
  }
  return options
}
