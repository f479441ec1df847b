import { join } from 'node:path'
import { bundle, ROOT } from './local/worker/bundle.ts'

/** `npm run build`: bundles as a deploy would and says how large the upload is. */
const { file, bytes, gzippedBytes } = await bundle(join(ROOT, 'dist'))
const kib = (size: number) => `${(size / 1024).toFixed(1)} KiB`
process.stdout.write(`${file.slice(ROOT.length)}: ${kib(bytes)}, ${kib(gzippedBytes)} gzipped\n`)
