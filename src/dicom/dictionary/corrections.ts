/**
 * Where dcmjs 0.52 has another VR, VM or keyword than PS3.6 Table 6-1, or lacks the element: `tag VR VM keyword`, or `-` to leave it out.
 * A VR that depends on other attributes lists its choices, the one that Implicit VR is read with first.
 */
export const corrections = `
00020026 UR 1 SourcePresentationAddress
00020027 UR 1 SendingPresentationAddress
00020028 UR 1 ReceivingPresentationAddress
00020031 OB 1 RTVMetaInformationVersion
00020032 UI 1 RTVCommunicationSOPClassUID
00020033 UI 1 RTVCommunicationSOPInstanceUID
00020035 OB 1 RTVSourceIdentifier
00020036 OB 1 RTVFlowIdentifier
00020037 UL 1 RTVFlowRTPSamplingRate
00020038 FD 1 RTVFlowActualFrameDuration
00060001 SQ 1 CurrentFrameFunctionalGroupsSequence
00140023 ST 1 CADFileFormat
00140024 ST 1 ComponentReferenceSystem
00140025 ST 1 ComponentManufacturingProcedure
00140028 ST 1 ComponentManufacturer
00140042 ST 1 MaterialGrade
00140044 ST 1 MaterialPropertiesDescription
00140045 ST 1 MaterialPropertiesFileFormatRetired
001440A0 LO 1-n ImageQualityIndicatorType
001440A1 LO 1-n ImageQualityIndicatorMaterial
001440A2 LO 1-n ImageQualityIndicatorSize
00189323 CS 1-n ExposureModulationType
00203100 CS 1-n SourceImageIDs
00221642 UL 1 NumberOfBscansPerFrame
0040A803 UL 1 NumberOfTableColumns
00620009 LO 1-n SegmentAlgorithmName
00660040 OL 1 LongPrimitivePointIndexList
00660041 OL 1 LongTrianglePointIndexList
00660042 OL 1 LongEdgePointIndexList
00660043 OL 1 LongVertexPointIndexList
006862F0 SQ 1 ViewOrientationModifierCodeSequence
00701305 FD 4 Plane
00701306 FD 3 PlaneNormal
0070150C UL 1 NumberOfVolumetricCurvePoints
00760034 SQ 1 ComponentTypeCodeSequence
00800010 OF 1 UValueData
00800011 OF 1 VValueData
300A0131 FL 1 AverageBeamDosePointSourceToExternalContourDistance
300A0782 -
40101029 LO 1-n ThreatDetectionAlgorithmAndVersion
60004000 LT 1 OverlayComments
`;
