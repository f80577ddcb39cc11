# Runs a database server in a folder of its own until standard input ends, then stops it and
# removes the folder: however the program ends that holds the other end of the pipe.
#
# Arguments: redis or postgres; this text. Prints `absent: REASON`, or `folder: PATH` once the
# server answers on a Unix socket in there.

absent() {
    echo "absent: $1"
    exit
}

needs() {
    for program; do
        command -v "$program" >/dev/null || absent "$program is not installed"
    done
}

fail() {
    echo "$server does not start:" >&2
    cat "$folder/log" >&2
    exit 1
}

# PostgreSQL refuses to run as root. Debian's package makes a user for it.
as_postgres() {
    needs setpriv
    id postgres >/dev/null 2>&1 || absent "root cannot run it, and there is no user postgres"
    exec setpriv --reuid=postgres --regid=postgres --init-groups sh -c "$2" servers.sh "$@"
}

start() {
    "$@" >>"$folder/log" 2>&1 &
    pid=$!
}

end() {
    # By the fast way: nothing is to be kept.
    [ -z "$pid" ] || { kill -s "$stop" "$pid" && wait "$pid"; } 2>/dev/null
    rm -rf "$folder"
}

server=$1
# Where Debian has them, the newest first.
PATH=$PATH:$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV | paste -sd:)
case $server in
redis) needs redis-server redis-cli ;;
postgres)
    needs initdb postgres pg_isready
    [ "$(id -u)" -ne 0 ] || as_postgres "$@"
    ;;
esac

# The first may be root's alone.
folder=$(mktemp -d 2>/dev/null || TMPDIR=/tmp mktemp -d) || exit
pid=
trap end EXIT
trap exit HUP INT TERM
# The program is gone already; then input has ended, too.
trap '' PIPE

case $server in
redis)
    stop=TERM
    answers() { redis-cli -s "$folder/socket" ping; }
    start redis-server --port 0 --unixsocket "$folder/socket" --dir "$folder" --save ''
    ;;
postgres)
    stop=QUIT
    answers() { pg_isready -h "$folder"; }
    initdb -D "$folder/data" -U postgres --auth=trust --encoding=UTF8 --no-locale --no-sync \
        >"$folder/log" 2>&1 || fail
    start postgres -D "$folder/data" -c listen_addresses= -k "$folder" \
        -c fsync=off -c max_connections=200
    ;;
esac

tries=0
until answers >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -le 1000 ] && kill -0 "$pid" 2>/dev/null || fail
    sleep 0.02
done
echo "folder: $folder" 2>/dev/null
read -r _
