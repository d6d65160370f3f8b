
for bm_name in BM_URL BM_RECIPIENT BM_AUTH_TOKEN BM_COLLECTION_ID BM_PASSPHRASE "${!BM_PARAM_@}"; do
  bm_expand_variable "$bm_name" || bm_fail "The value of $bm_name cannot be used: $BM_PROBLEM"
done

# A bash whose stdin is a socket takes itself for a remote login and reads ~/.bashrc, which would have the backup as its input.
# It does not when it is told that other shells are above it.
export SHLVL=3

# What the client is to run, in a bash of its own: the function $1 and all that it calls, as text. Exported functions would not
# outlive a client that is started by another kind of shell. The text holds no value: those travel in the environment.
bm_client_command() {
  declare -f
  printf '%s\n' "$1"
}

# Hands over to the client.
bm_make() {
  exec backup-maker make --url "$BM_URL" -c "$(bm_client_command "$1")" --key '{{ .Repository.encryptionKeyPath }}' \
    --recipient "$BM_RECIPIENT" --log-level info
}

bm_restore() {
  exec backup-maker restore --url "$BM_URL" -c "$(bm_client_command "$1")" --private-key '{{ .Repository.encryptionKeyPath }}' \
    --recipient "$BM_RECIPIENT" --log-level info --version "${RESTORE_VERSION:-latest}"
}

# Sets BM_MAGIC to the first $1 bytes of stdin as hex, and BM_MAGIC_ESCAPED so that printf '%b' writes them again.
bm_read_magic() {
  BM_MAGIC=$(dd bs=1 count="$1" status=none | od -An -v -tx1 | tr -d ' \n')
  BM_MAGIC_ESCAPED=''
  local rest=$BM_MAGIC
  while [[ -n $rest ]]; do
    BM_MAGIC_ESCAPED+='\x'${rest:0:2}
    rest=${rest:2}
  done
}
