"""Certificate authorities and server certificates, valid for a day."""

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

LOCAL: tuple[x509.GeneralName, ...] = (x509.IPAddress(IPv4Address("127.0.0.1")), x509.DNSName("localhost"))


@dataclass
class Authority:
    """A certificate authority.

    :param name: in lower case, because `directory` makes a hash of it.
    """

    name: str = "authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certificate(self) -> bytes:
        """Return its own certificate as PEM."""
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
        """Write its certificate to a file and return the path."""
        place.write_bytes(self.certificate())
        return str(place)

    def directory(self, place: Path) -> str:
        """Write its certificate to a new folder under the hash of its name, as OpenSSL reads one (x509 -hash)."""
        place.mkdir()
        common = b"\x06\x03\x55\x04\x03" + b"\x0c" + bytes([len(self.name)]) + self.name.encode()
        canonical = b"\x31" + bytes([len(common) + 2]) + b"\x30" + bytes([len(common)]) + common
        number = int.from_bytes(hashlib.sha1(canonical).digest()[:4], "little")  # noqa: S324 - OpenSSL's choice
        self.bundle(place / f"{number:08x}.0")
        return str(place)

    def signed(
        self,
        place: Path,
        names: tuple[x509.GeneralName, ...] = LOCAL,
        begins: timedelta = timedelta(hours=-1),
        ends: timedelta = timedelta(days=1),
    ) -> Path:
        """Write a server certificate with its key to a file and return the path.

        :param begins: begin of its validity, counted from now; `ends` likewise.
        """
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


def write_certificates(folder: Path) -> tuple[Path, Path]:
    """Write a server certificate and a bundle that verifies it; return both paths.

    The bundle also holds certifi's authorities, as it does in production: a library that reads the bundle again for
    each connection pays the same price here.
    """
    authority = Authority("benchmark authority")
    bundle = folder / "bundle.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + authority.certificate())
    return authority.signed(folder / "server.pem"), bundle
