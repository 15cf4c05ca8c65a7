#!/bin/sh
# A signing key in a PKCS#11 token, for example RONGZI_EDITION_KEY="command:/opt/rongzi/pkcs11-key.sh edition-2027".
# The token signs, and the key never leaves it. It needs pkcs11-tool (OpenSC) and openssl 3.
#
#   pkcs11-key.sh LABEL new       make an Ed25519 key under LABEL in the token
#   pkcs11-key.sh LABEL public    print its public key as PEM
#   pkcs11-key.sh LABEL sign      read a statement, write its signature
set -eu
: "${RONGZI_PKCS11_MODULE:?the library of the token, such as /usr/lib/softhsm/libsofthsm2.so}"
: "${RONGZI_PKCS11_TOKEN:?the label of the token}"
label=$1 word=$2
# pkcs11-tool signs with the first key it finds unless an id names one; the id is the label in hex.
id=$(printf %s "$label" | od -An -tx1 | tr -d ' \n')

token() { pkcs11-tool --module "$RONGZI_PKCS11_MODULE" --token-label "$RONGZI_PKCS11_TOKEN" --id "$id" "$@" >&2; }
# Other accounts can read a command line, and not an environment.
signed_in() {
    RONGZI_PKCS11_PIN=$(cat "${RONGZI_PKCS11_PIN_FILE:?a file of mode 0600 with the PIN of the token}")
    export RONGZI_PKCS11_PIN
    token --login --pin env:RONGZI_PKCS11_PIN "$@"
}

draft=$(mktemp -d)
trap 'rm -r "$draft"' EXIT
case $word in
new)
    # A second key of one label would make it chance which one signs.
    if token --read-object --type pubkey --output-file "$draft/key" 2>"$draft/said"; then
        echo "$label: the token has this key already; take another label" >&2
        exit 1
    fi
    signed_in --keypairgen --key-type EC:edwards25519 --label "$label" --usage-sign --sensitive
    ;;
public)
    token --read-object --type pubkey --output-file "$draft/key"
    # Some releases of OpenSC write PEM and others DER; openssl reads both.
    openssl pkey -pubin -in "$draft/key"
    ;;
sign)
    cat >"$draft/statement"
    signed_in --sign --mechanism EDDSA --input-file "$draft/statement" --output-file "$draft/signature"
    cat "$draft/signature"
    ;;
*)
    sed -n '/LABEL/s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
