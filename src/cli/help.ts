/** `dicomkeep --help`. */
export const GENERAL_HELP = `Usage: dicomkeep [COMMAND] [OPTIONS]

A DICOM archive that never loses or alters an image.

Commands:
  serve        run the archive (this is the default)
  peer         add, list, remove and test the DICOM nodes that may query and retrieve
  user         set a new password for a user of the admin page
  reindex      rebuild the catalogue from the files
  verify       compare every file with the catalogue, byte for byte
  migrate      bring the catalogue to the form that this version needs
  config       show the settings that the configuration gives
  help         explain a command, as in: dicomkeep help peer

Options:
  --config FILE   settings that differ from the defaults, in JSON5 (also: DICOMKEEP_CONFIG)
  -h, --help      show this help, or that of the command
  --version       show the version

Exit status: 0 done, 1 failed, 2 wrong usage.
`;

const CONFIG_OPTION = `  --config FILE   settings that differ from the defaults, in JSON5 (also: DICOMKEEP_CONFIG)
  -h, --help      show this help
`;

/** `dicomkeep help COMMAND`; a subcommand is explained together with its command. */
export const COMMAND_HELP: Readonly<Record<string, string>> = {
  serve: `Usage: dicomkeep [serve] [OPTIONS]

Runs the archive in the foreground until SIGTERM or SIGINT; associations that are open may finish what they have begun.

Options:
${CONFIG_OPTION}`,

  reindex: `Usage: dicomkeep reindex [OPTIONS]

Rebuilds the catalogue from the files of the archive alone. It may be stopped and started again: it goes on where it was.

Options:
${CONFIG_OPTION}`,

  verify: `Usage: dicomkeep verify [OPTIONS]

Reads every file of the archive, compares length and SHA-256 with those noted when the image arrived, and the catalogue with
the files. Names what is damaged or missing, and changes nothing. Exit status 1 if anything was found.

Options:
${CONFIG_OPTION}`,

  migrate: `Usage: dicomkeep migrate [OPTIONS]

Brings the tables of the catalogue to the form that this version needs. The server does the same at every start.

Options:
  --pending       only tell what there is to do: exit status 0 if nothing, 3 if something
${CONFIG_OPTION}`,

  config: `Usage: dicomkeep config [KEY...] [OPTIONS]

Shows the settings that the defaults, the site file and the environment give together, as JSON and without passwords; or the value
of each KEY on a line of its own, as in: dicomkeep config dimse.port catalog.url. What was changed on the page is not among them.

Options:
${CONFIG_OPTION}`,

  peer: `Usage: dicomkeep peer add AE_TITLE HOST PORT [OPTIONS]
       dicomkeep peer list
       dicomkeep peer remove AE_TITLE
       dicomkeep peer echo AE_TITLE

The DICOM nodes that this archive knows: they may query and retrieve, and images can be sent to them. A server that runs takes
a change up at once.

  add      add a peer, or change the one with this AE title
  list     show all peers and what they may do
  remove   forget a peer; the images that it sent stay
  echo     call the peer and verify that it answers (C-ECHO)

Options of add; what is not named stays as it is, and a new peer may do everything:
  --no-echo, --echo           whether it may verify the connection (C-ECHO)
  --no-store, --store         whether it may store images (C-STORE)
  --no-find, --find           whether it may query (C-FIND)
  --no-retrieve, --retrieve   whether it may retrieve (C-MOVE, C-GET)
  --match-address, --no-match-address
                              whether a caller with this AE title must come from HOST
  --tls, --no-tls             whether we call it by TLS; PORT must then be its port for TLS

Options:
${CONFIG_OPTION}`,

  user: `Usage: dicomkeep user password NAME

Sets a new password for a user of the admin page, prints it once, and signs the user out everywhere: for a password that was
lost. The user should choose another one after signing in.

Options:
${CONFIG_OPTION}`,

  help: `Usage: dicomkeep help [COMMAND]
`,
};
