# Finds a Java machine of version 25 or newer. Sourced by the launchers; POSIX sh, no processes started, because it runs
# before every command. Reads the `release` file that each JDK carries, which takes microseconds and so needs no cache.

# java_release HOME: sets java_major and java_runtime from HOME/release; fails where there is no Java.
java_release() {
    java_major=0 java_runtime=
    [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
    while IFS='=' read -r key value; do
        value=${value#\"} value=${value%\"}
        case $key in
            JAVA_VERSION) java_major=${value%%[!0-9]*} ;;
            JAVA_RUNTIME_VERSION) java_runtime=$value ;;
        esac
    done <"$1/release"
    [ -n "$java_major" ]
}

# find_java HOME...: sets java_home (and java_runtime) to the first that will do; fails where none does.
find_java() {
    for java_home in "$@"; do
        if java_release "$java_home" && [ "$java_major" -ge 25 ]; then
            return 0
        fi
    done
    return 1
}

# find_java_here: looks in what came with the program (lib is its directory), then where Java usually is.
find_java_here() {
    [ -n "${lib:-}" ] && find_java "$lib/../runtime" && return 0
    find_java "${JAVA_HOME:-}" && return 0
    find_java /usr/lib/jvm/* "${HOME:-/nonexistent}"/.sdkman/candidates/java/* /opt/java/* /opt/jdk* && return 0
    # Only now something that starts a process: the java in PATH is a chain of symbolic links.
    java_in_path=$(command -v java) && java_in_path=$(readlink -f "$java_in_path") || return 1
    find_java "${java_in_path%/bin/java}"
}

# java_missing PROGRAM: says how to get one.
java_missing() {
    printf '%s: needs Java 25 or newer, and found none: install a JDK (https://adoptium.net) or set JAVA_HOME\n' "$1" >&2
}
