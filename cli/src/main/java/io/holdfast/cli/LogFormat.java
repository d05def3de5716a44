package io.holdfast.cli;

/** How a server or agent writes its log. */
enum LogFormat {
    TEXT,
    /** An object a line, as docs/cli.md has it. */
    JSON
}
