"""An RTSP server (GStreamer's) that plays Matroska films.

usage: rtspServer.py PORT MOUNT=FILM… [--user NAME --password SECRET --scheme basic|digest] [--certificate PEM --key PEM]
       [--sound]
Says "ready" on its standard output once it listens on loopback, and "asked for /MOUNT/stream=0" of each track that a client
wants. Every client gets the film from its beginning.
"""
import argparse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

arguments = argparse.ArgumentParser()
arguments.add_argument("port")
arguments.add_argument("films", nargs="+")
arguments.add_argument("--user")
arguments.add_argument("--password")
arguments.add_argument("--scheme", choices=["basic", "digest"], default="digest")
arguments.add_argument("--certificate", help="speaks TLS, and nothing else")
arguments.add_argument("--key")
arguments.add_argument("--sound", action="store_true", help="has a microphone too: stream=1")
given = arguments.parse_args()

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(given.port)

if given.user or given.certificate:
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = GstRtspServer.RTSPAuth()
    if given.certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(given.certificate, given.key))
    if not given.user:
        auth.set_default_token(token)
    elif given.scheme == "basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(given.user, given.password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(given.user, given.password, token)
    server.set_auth(auth)

for each in given.films:
    mount, film = each.split("=", 1)
    codec = "h265" if "h265" in film else "h264"
    factory = GstRtspServer.RTSPMediaFactory()
    pictures = f'filesrc location="{film}" ! matroskademux ! rtp{codec}pay name=pay0 pt=96'
    sound = "audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay1 pt=8" if given.sound else ""
    factory.set_launch(f"( {pictures} {sound} )")
    if given.user or given.certificate:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory(f"/{mount}", factory)


def greet(_, client):
    client.connect("setup-request", lambda _, request: print("asked for", request.uri.abspath, flush=True))


server.connect("client-connected", greet)
if server.attach(None) == 0:
    raise SystemExit(f"cannot listen on port {given.port}")
print("ready", flush=True)
GLib.MainLoop().run()
