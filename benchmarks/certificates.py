"""An authority of one's own, and the certificates it signs."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HERE: tuple[x509.GeneralName, ...] = (x509.IPAddress(IPv4Address("127.0.0.1")), x509.DNSName("localhost"))


@dataclass
class Authority:
    """Signs certificates; `name` is in lower case, as its hash is made of it."""

    name: str = "authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certificate(self) -> bytes:
        """Give its own certificate."""
        identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        return (
            self._builder(self.name, self.key.public_key(), timedelta(hours=-1), timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(identifier, critical=False)
            .sign(self.key, hashes.SHA256())
            .public_bytes(Encoding.PEM)
        )

    def bundle(self, place: Path) -> str:
        """Write its certificate as a file to believe in."""
        place.write_bytes(self.certificate())
        return str(place)

    def directory(self, place: Path) -> str:
        """Write it as OpenSSL looks it up in a folder: by the hash of its name (x509 -hash)."""
        place.mkdir()
        common = b"\x06\x03\x55\x04\x03" + b"\x0c" + bytes([len(self.name)]) + self.name.encode()
        canonical = b"\x31" + bytes([len(common) + 2]) + b"\x30" + bytes([len(common)]) + common
        number = int.from_bytes(hashlib.sha1(canonical).digest()[:4], "little")  # noqa: S324 - OpenSSL's choice
        self.bundle(place / f"{number:08x}.0")
        return str(place)

    def signed(
        self,
        place: Path,
        names: tuple[x509.GeneralName, ...] = HERE,
        begins: timedelta = timedelta(hours=-1),
        ends: timedelta = timedelta(days=1),
    ) -> Path:
        """Write a server's certificate with its key; both moments are counted from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._builder("a server", key.public_key(), begins, ends)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        place.touch(mode=0o600)
        place.write_bytes(
            certificate.public_bytes(Encoding.PEM)
            + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        return place

    def _builder(
        self, subject: str, key: ec.EllipticCurvePublicKey, begins: timedelta, ends: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(self.name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
        )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


AUTHORITY, BUNDLE, SERVER = "ca.pem", "bundle.pem", "server.pem"


def make(folder: Path) -> None:
    """Write them, good for a day.

    `ca.pem` is the authority alone. `bundle.pem` holds the world's authorities besides, as a client's bundle does
    outside a benchmark: reading those again for each connection is what it costs there.
    """
    authority = Authority("benchmark authority")
    own = authority.certificate()
    (folder / AUTHORITY).write_bytes(own)
    (folder / BUNDLE).write_bytes(Path(certifi.where()).read_bytes() + b"\n" + own)
    authority.signed(folder / SERVER, (*HERE, x509.DNSName("graph.facebook.com")))
