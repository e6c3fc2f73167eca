// Writes the settings of a new installation, from the answers of the wizard in the environment.
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

const [file] = process.argv.slice(2);
const {
  wizard_ae_title: aeTitle,
  wizard_dicom_port: dicomPort,
  wizard_web_port: webPort,
  wizard_share: share,
  DATABASE_URL: databaseUrl,
  PACKAGE: packageDir,
  DATA_DIR: dataDir,
  LANGUAGE: language,
} = process.env;

const settings = `// Written at the installation; the settings of Dicomkeep that differ from target/app/conf/default.json5, where all are explained.
// What is changed on the page goes before. Updates leave this file alone. It holds a password: keep its mode.
{
  // Changed more easily on the page.
  "aeTitles": [${text(aeTitle.trim())}],
  "language": ${text(language)},
  "dimse": { "port": ${number(dicomPort)} },

  "admin": {
    "port": ${number(webPort)},
    // Read once, where there is no user yet, and removed then.
    "passwordFile": ${text(`${dataDir}/first-password`)}
  },

  // The shared folder of the images. Its name here and in the file "installation" beside this one are the same.
  "storage": { "volumeDir": ${text(`${packageDir}/shares/${share}`)} },

  "catalog": { "url": ${text(databaseUrl)} },

  "dataDir": ${text(dataDir)},
  "log": { "dir": ${text(`${dataDir}/log`)} }
}
`;

const draft = `${file}.new`;
const handle = openSync(draft, 'wx', 0o600);
writeSync(handle, settings);
fsyncSync(handle);
closeSync(handle);
renameSync(draft, file);

function text(value) {
  return JSON.stringify(value);
}

function number(value) {
  return String(Number.parseInt(value, 10));
}
