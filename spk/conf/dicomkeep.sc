# Ports in the lists of DSM's firewall and port forwarding: those that a new installation listens on unless told otherwise.
# That of DICOM with TLS is not among them, because TLS is off until somebody switches it on.
[dicomkeep_dicom]
title="Dicomkeep (DICOM)"
desc="Dicomkeep: images from modalities, queries of workstations"
port_forward="no"
dst.ports="11112/tcp"

[dicomkeep_web]
title="Dicomkeep (web page)"
desc="Dicomkeep: the page for setting up and watching"
port_forward="no"
dst.ports="8104/tcp"
