extension FindingCode {
  /// What the page and the command say of each code.
  static let texts: [FindingCode: (explanation: String, fix: String)] = [
    .commandMissing: (
      "The program of a service is not where its manifest says, or in no folder of PATH. Clients "
        + "often start the gateway with a shorter PATH than a terminal has.",
      "Install it, or write its full path in `process.command`."
    ),
    .commandNotExecutable: (
      "The file that `process.command` names is a folder, or may not be executed by this user.",
      "`chmod +x` the file, or name the program and not its folder."
    ),
    .interpreterMissing: (
      "The first line of the script that is the service names a program that is not installed: a "
        + "virtual environment that was moved, or a missing node or python.",
      "Install the interpreter, or install the service again so that its first line is right."
    ),
    .nodeTooOld: (
      "The node that the service runs with is older than 18, below which MCP servers for node do "
        + "not start.",
      "Install a newer node, or put its folder first in `process.env: {PATH: ...}`."
    ),
    .pythonTooOld: (
      "The python that the service runs with is older than 3.10, which the MCP library needs.",
      "Install a newer python, or let uv bring one: `command: uvx`."
    ),
    .directoryMissing: (
      "The folder in which a service runs does not exist.",
      "Correct `process.directory`, or make the folder."
    ),
    .environmentMissing: (
      "The packages that a manifest names in `process.python` are not installed yet. The first start "
        + "of the service does it, and takes that much longer.",
      "`switchyard prepare SERVICE` installs them now."
    ),
    .lockMissing: (
      "The lock file that `process.python` names does not exist, so nobody knows which versions to "
        + "install, and the service does not start.",
      "`switchyard prepare SERVICE --lock` writes it with the versions of today."
    ),
    .environmentUnused: (
      "Environments of Python lie in the state folder that no manifest of this folder needs.",
      "`switchyard prepare --clean` removes what no running gateway needs either."
    ),
    .programChanged: (
      "The program of a service has another digest than `process.sha256` says, or cannot be read. It "
        + "is not started.",
      "Find out who changed it; if that was meant, write the output of `sha256sum FILE` into the "
        + "manifest."
    ),
    .programExposed: (
      "The program of a service with `process.sha256` belongs to another user, or everybody may "
        + "change it. It is not started.",
      "`chmod o-w` the file, and have it belong to root or to you."
    ),
    .variableMissing: (
      "A manifest uses an environment variable that is not set here. Clients give the gateway few "
        + "variables of their own, so one that a terminal has may be missing there.",
      "Set it in the client's entry (`switchyard register CLIENT --env NAME=VALUE`), or keep the "
        + "value in a secret: `${secret:NAME}`."
    ),
    .secretMissing: (
      "A manifest uses a secret whose file is missing, empty, or readable by others.",
      "Write the value into `secrets/NAME` of the configuration folder, mode 0600."
    ),
    .manifestBroken: (
      "A manifest has a mistake, so its service is not served.",
      "Correct the place that is named; `switchyard check` shows it with a caret."
    ),
    .settingsBroken: (
      "The folder of the configuration or its `gateway.yaml` cannot be used; a gateway that starts "
        + "now serves nothing.",
      "Correct the place that is named; `switchyard check` shows it with a caret."
    ),
    .configurationKept: (
      "A gateway that runs could not take over the configuration as it is now, and goes on with the "
        + "one before.",
      "Correct the mistake; the gateway reads the files again by itself."
    ),
    .fileRefused: (
      "Others can change a manifest, `gateway.yaml` or the folder they are in, and with it what "
        + "programs you run. It is not read.",
      "`chmod go-w` the file or folder, and have it belong to you. A folder that is named by "
        + "`--config` is read all the same."
    ),
    .filePermissions: (
      "A file or folder can be changed or read by other users, or not by this one.",
      "`chmod` it as the finding says."
    ),
    .portClosed: (
      "Nothing listens at the address of a service on this machine.",
      "Start the server, or correct the port in the manifest's URL."
    ),
    .certificateUnusable: (
      "The file of certificates that a manifest names cannot be read, or holds none in PEM.",
      "Correct `ca_file`, or write the certificates into it as PEM."
    ),
    .loginUnusable: (
      "What `switchyard login` has left for a remote server cannot be used: it is over, is for another "
        + "address, is in a file that others can use, or is in the desktop's keyring, which a gateway "
        + "cannot ask, which is locked, or which does not hold it any more.",
      "Unlock the keyring, or `switchyard login SERVICE`; with `--no-keyring` the login is kept in a "
        + "file."
    ),
    .eraWrong: (
      "The manifest says which revision of MCP a service speaks, and the service spoke another one "
        + "when it was last asked.",
      "Write `protocol: auto`, or the one that it speaks."
    ),
    .crashLoop: (
      "A service ends again and again soon after it has been started. Calls to it fail at once; it is "
        + "tried again once a minute.",
      "Read its last lines, which the finding quotes; run its command by hand to see more."
    ),
    .serviceFailed: (
      "A service did not start, or ended, the last time that it was needed.",
      "Read the reason that the finding quotes; run its command by hand to see more."
    ),
    .serviceWasDown: (
      "A gateway that has ended saw the service fail in the last week. No gateway has seen it do well "
        + "since then, and its manifest is the same.",
      "`switchyard call` one of its tools, or `switchyard list` where they are not known yet: both start "
        + "it again. Run its command by hand to see more."
    ),
    .serviceSwitchedOff: (
      "Somebody has switched the service off with `switchyard disable`.",
      "`switchyard enable SERVICE` brings it back."
    ),
    .nameTooLong: (
      "Names of tools have at most 64 bytes. A longer one is cut and ends in a hash, which says "
        + "little to a model.",
      "Give the tool a shorter name with `tools.rename`, or the service a shorter `tools.prefix`."
    ),
    .nameTaken: (
      "Two services offer a tool of the same name, so neither of them gets calls to it.",
      "Give one of them another `tools.prefix`, or rename the tool."
    ),
    .tooManyTools: (
      "A client in which the gateway is registered uses fewer tools than there are; the rest is not "
        + "seen by its model.",
      "Give the client a profile (docs/profiles.md): it then lists as many tools as the client takes, "
        + "and the others are found by `tools_search`. Or leave tools out with `tools.exclude`."
    ),
    .toolUnknown: (
      "A profile names a tool that no service offers under that name.",
      "Look at `switchyard list`: profiles name tools as clients without a profile see them."
    ),
    .leakedProcess: (
      "A process of a gateway that has died is still alive.",
      "The next gateway that starts with this state folder ends it; `kill` does so now."
    ),
    .staleSocket: (
      "A gateway that was killed left its socket in the state folder.",
      "Nothing: the next gateway removes it."
    ),
    .gatewaySilent: (
      "A gateway that runs does not answer at its socket.",
      "Restart the client that launched it; if it hangs again, its log says what it did last."
    ),
    .gatewayOutdated: (
      "A gateway that runs is of another version than this command.",
      "Restart the client that launched it."
    ),
    .gatewayMissing: (
      "`switchyard-gateway` is neither beside this command nor in PATH, so clients cannot be told of "
        + "it.",
      "Install both programs into one folder."
    ),
    .stateLocked: (
      "The lock of the state folder is held by another process for longer than it should be.",
      "Look which process holds `state.lock` (`fuser STATE/state.lock`) and end it if it hangs."
    ),
    .stateUnusable: (
      "The state file cannot be used. Gateways work without it and are slower to know their services.",
      "Look at the folder's permissions and at the space on the disk; the file may be deleted."
    ),
    .nothingConfigured: (
      "The configuration folder describes no service.",
      "Describe a service with `switchyard add`, or write a manifest into `manifests/`."
    ),
    .clientUnreadable: (
      "The configuration file of a client is not what the client could read, so it launches nothing "
        + "that stands there.",
      "Correct the place that is named; Switchyard writes nothing into the file before."
    ),
    .clientUnregistered: (
      "No client that was looked at launches the gateway.",
      "`switchyard register CLIENT` writes it into a client's configuration."
    ),
  ]
}
