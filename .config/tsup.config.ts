import { readFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

// All packages are built in the same way: one entry for each of the `exports` in the manifest.
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, { '@phone-auth/source': string }>
}

export default defineConfig({
  entry: Object.values(manifest.exports).map((entry) => entry['@phone-auth/source']),
  format: ['esm'],
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  sourcemap: true,
  clean: true,
  external: [/^node:/],
})
