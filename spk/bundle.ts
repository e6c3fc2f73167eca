import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

/** The program and its threads: what `new Worker` names is a file of its own. */
const ENTRIES = [
  'main',
  'services/hash-thread',
  'pixels/decode-thread',
  'pixels/frame-thread',
  'storage/short-files-thread',
];

/** Drivers that knex asks for only where they are used. better-sqlite3 has native code, and its catalogue is not for a NAS. */
const DRIVERS_LEFT_OUT = [
  'better-sqlite3',
  'mariadb',
  'mysql',
  'oracledb',
  'pg',
  'pg-query-stream',
  'sqlite3',
  'tedious',
];

/** Files that a package reads beside its own at run time. */
const READ_AT_RUN_TIME = ['dcmjs-codecs/build/dcmjs-native-codecs.wasm'];

/**
 * CommonJS in an ES module: packages ask for modules of Node, and dcmjs-codecs for `require` and `__dirname` in an `eval`, where esbuild
 * cannot see it.
 */
const COMMONJS_NAMES = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

export interface Bundle {
  /** By their path below dist. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Paths of the files of which something went in, relative to the root of the project, with slashes. */
  readonly inputs: readonly string[];
}

/**
 * The program as few files of JavaScript, laid out as `npm run build` lays out its many: where a module looks for what lies beside it
 * (`import.meta.url`), it finds it in the same place.
 * @param root the checkout
 */
export async function bundle(root: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES.map((name) => ({ in: `src/${name}.ts`, out: name })),
    outdir: join(root, 'dist'),
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    external: DRIVERS_LEFT_OUT,
    // Names and lines stay: a stack in the log of a NAS is all that we get to see.
    minifySyntax: true,
    legalComments: 'none',
    charset: 'utf8',
    banner: { js: COMMONJS_NAMES },
    plugins: [placesOfModules(join(root, 'src'))],
    metafile: true,
    logLevel: 'warning',
    // The eval is that of dcmjs-codecs; see above.
    logOverride: { 'direct-eval': 'silent' },
  });
  assertModulesAreInPlace(metafile, root);
  const files = new Map(
    outputFiles.map(({ path, contents }) => [relative(join(root, 'dist'), path), Buffer.from(contents)]),
  );
  for (const path of READ_AT_RUN_TIME)
    files.set(basename(path), readFileSync(join(root, 'node_modules', path)));
  return { files, inputs: usedInputs(metafile) };
}

/** Sorted. */
export function usedInputs({ outputs }: Metafile): string[] {
  const used = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? path : [])),
  );
  return [...new Set(used)].sort();
}

/** Gives each of our modules the `import.meta.url` that it would have on its own. */
function placesOfModules(src: string): Plugin {
  return {
    name: 'places of modules',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (!path.startsWith(src)) return undefined;
        const place = relative(src, path).replace(/\.ts$/, '.js');
        const text = readFileSync(path, 'utf8');
        if (!usesItsPlace(text)) return undefined;
        if (/\bimport\.meta\.(?!url\b)/.test(text))
          throw new Error(`${path}: of import.meta only url is known here`);
        return {
          contents: text.replaceAll('import.meta.url', `new URL('${place}', import.meta.url).href`),
          loader: 'ts',
        };
      });
    },
  };
}

function usesItsPlace(text: string): boolean {
  return text.includes('import.meta');
}

/** The place of a module is told from the folder of the bundle, so no such module may have got into a folder below. */
function assertModulesAreInPlace({ outputs }: Metafile, root: string): void {
  for (const [output, { inputs }] of Object.entries(outputs)) {
    if (dirname(output) === 'dist') continue;
    const stray = Object.keys(inputs).find(
      (path) => path.startsWith('src/') && usesItsPlace(readFileSync(join(root, path), 'utf8')),
    );
    if (stray !== undefined) throw new Error(`${stray} asks for its place, and is in ${output}`);
  }
}
